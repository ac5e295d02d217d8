SELECT 1 AS n, 'a' AS s, NOW() AS t WHERE false
