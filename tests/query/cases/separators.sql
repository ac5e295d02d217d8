SELECT * FROM (VALUES
  ('comma, inside', 'tab' || chr(9) || 'inside', 'pipe | inside'),
  ('quote " inside', 'two' || chr(10) || 'lines', '*stars* and `ticks` <b>'),
  (' space before', 'space behind ', '=1+1'),
  ('back\slash', '''', '| --- |')
) AS t("a,b", "c" , "d|e")
