SELECT
  true AS b, 170141183460469231731687303715884105727::HUGEINT AS h, 18446744073709551615::UBIGINT AS ub,
  1.50::DECIMAL(38, 2) AS d, 'nan'::DOUBLE AS n, '-inf'::DOUBLE AS inf, 0.1::DOUBLE AS dbl, 0.1::FLOAT AS f, 1e300::DOUBLE AS big,
  TIMESTAMPTZ '2024-02-07 13:00:00Z' AS tz, TIMESTAMPTZ '2024-02-07 13:00:00.120Z' AS tzf, 'infinity'::TIMESTAMPTZ AS tzi,
  TIMESTAMP '2024-02-07 13:00:00.000001' AS ts, TIMESTAMP_NS '2024-02-07 13:00:00.123456789' AS tn,
  TIMESTAMPTZ '0044-03-15 (BC) 00:00:00Z' AS bc, DATE '12345-01-01' AS fd, TIME '12:00:00.5' AS tm,
  INTERVAL '1 month 2 days 03:04:05.5' AS iv, '\xAA\x00a'::BLOB AS bl, '101'::BIT AS bi,
  UUID '00000000-0000-0000-0000-000000000001' AS u, '{"a": 1.50,
 "b":[null]}'::JSON AS j, [1, NULL, 2] AS li, {'a': 1, 'b': 'x"y'} AS st, MAP {'k': 1, 'l': NULL} AS m,
  [TIMESTAMPTZ '2024-02-07 13:00:00Z'] AS lt,
  {'j': '{"q":1}'::JSON, 'b': 'a'::BLOB, 'd': 1.50::DECIMAL(9,2), 'x': 'nan'::DOUBLE} AS nest,
  'small'::ENUM('small', 'big') AS en, NULL AS nul, '' AS emp, 'a,"b"' || chr(10) || 'c' AS q, chr(27) || '[31mred' AS esc,
  array_value(1, 2) AS arr, union_value(num := 2) AS un, 3::BIGNUM AS bn, 'naïve 日本' AS uni, 1 AS b,
  MAP {DATE '2024-01-01': [INTERVAL '1 month']} AS mm
