SELECT * FROM (VALUES
  (1, 'a', [1], {'k': 'v'}, MAP {'m': 1}),
  (NULL, NULL, NULL, NULL, NULL),
  (0, '', [], {'k': NULL}, MAP {}),
  (-1, ' ', [NULL], {'k': ''}, MAP {'m': NULL})
) AS t(n, s, l, st, m)
