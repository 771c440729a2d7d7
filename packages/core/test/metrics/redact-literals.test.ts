// What may be shown of a SQL text. The word "secret" stands for values; where it is a part of a name it is spelt so.
import { describe, expect, it } from 'vitest'
import { redactLiterals } from '../../dist/metrics/redact-literals.js'

const same = (sql: string): [string, string] => [sql, sql]

describe('what is a literal is hidden', () => {
  it.each<[string, string]>([
    ["select * from t where a = 'secret'", 'select * from t where a = ?'],
    ["select 'it''s secret', 1", 'select ?, ?'],
    ["select ''", 'select ?'],
    ["select '''secret'''", 'select ?'],
    ["select 'a'||'b'", 'select ?||?'],
    ['select "a" from t where b=\'"secret"\'', 'select "a" from t where b=?'],
    ["select '-- secret' -- secret", 'select ?'],
    ["select '/* secret' as a, 'secret */'", 'select ? as a, ?'],
    ["select 'two\nlines'", 'select ?'],
    ["select x'53EC7E7', X''", 'select ?, ?'],
    ["select date'2020-01-01', n'secret', B'101'", 'select date?, ?, ?'],
    ['select 1, 23, 4.5, .5, 6., 7e8, 9E-10, 1.5e+3', 'select ?, ?, ?, ?, ?, ?, ?, ?'],
    ['select 0x1F, 1_000_000, 12abc', 'select ?, ?, ?'],
    ['select -5, a-5, a - 5, 3-2', 'select -?, a-?, a - ?, ?-?'],
    ['select * from t limit 10 offset 20', 'select * from t limit ? offset ?'],
    ['in (1,2,3)', 'in (?,?,?)'],
    ['select a[1:2], a[1]', 'select a[?:?], a[?]'],
    ["select array['secret', 'b']", 'select array[?, ?]'],
    ["select array[['a','b'],['c','d']]", 'select array[[?,?],[?,?]]'],
    ["data->>'$.secret'", 'data->>?'],
    ["select E'it\\'s secret', e'\\\\', 1", 'select ?, ?, ?'],
    ["select E'secret''s' from t", 'select ? from t'],
    ["select U&'\\0441secret' from t", 'select U&? from t'],
    ["select 'a\\', b from t", 'select ?, b from t'],
    ['select $$secret$$, $x$se $$ cret$x$ from t', 'select ?, ? from t'],
    ["select $$it's secret$$ || a", 'select ? || a'],
    ["case when a = 'x' then 1 else 'secret' end", 'case when a = ? then ? else ? end'],
  ])('%s', (sql, shown) => expect(redactLiterals(sql)).toBe(shown))
})

describe('names and parameters stay', () => {
  it.each<[string, string]>([
    same('select "t1"."id" from "t1" where "id" = ?'),
    same('select col1, _2, ä3, t1.c2, a$1 from table3 as x'),
    same('select "it\'s", "say ""5""", `a``5`, [5x] from t'.replace('[5x]', '[x5]')),
    same('select * from t where a = ? and b = ?2 and c = $3 and d = :e4 and f = @g5 and h = $i6'),
    same('select a::int4, b::varchar from t'),
    same('select count(*) from t group by a having count(*) > ?'),
    same('select e, x, n, b from t'),
    same('insert into "person" ("id", "name") values (?, ?) returning *'),
    same('select a /b, a - b, a<>b, a||b, a%b, ~a, a&b|c from t'),
    same('select 名前 from 表'),
    ['  select a  ', 'select a'],
  ])('%s', (sql, shown) => expect(redactLiterals(sql)).toBe(shown))
})

describe('comments are left out, since anything may stand in them', () => {
  it.each<[string, string]>([
    ['select a -- secret\nfrom t', 'select a  \nfrom t'],
    ['select a--secret', 'select a'],
    ["select a -- it's\n, b, 'secret'", 'select a  \n, b, ?'],
    ["select/* it's secret */a, 'secret'", 'select a, ?'],
    ['select /*+ secret */ a /**/ from t /* secret', 'select   a   from t'],
    ['select 1 /* ** / secret */ + 2', 'select ?   + ?'],
  ])('%s', (sql, shown) => expect(redactLiterals(sql)).toBe(shown))
})

describe('what may be read in two ways is not shown from there on', () => {
  it.each<[string, string]>([
    ["select 'secret", 'select ?'],
    ["select 'a''secret", 'select ?'],
    ["select \"a, 'x' from secret", 'select ?'],
    ['select "a"" from secret', 'select ?'],
    ['select `a from secret', 'select ?'],
    ["select e'secret\\", 'select e?'],
    ['select $a$ secret', 'select ?'],
    ["select [it's] from t where a = 'secret'", 'select [it?'],
    ['select [it"s] from t where a = "secret"', 'select [it?'],
    ["select [a--] from t where a = 'secret'", 'select [a?'],
    ["select [a, 'secret' from t", 'select ?'],
    ["select /* /* */ 'a' */ secret */ b", 'select  ?'],
  ])('%s', (sql, shown) => expect(redactLiterals(sql)).toBe(shown))
})

it('no value that is planted anywhere in a statement is shown', () => {
  const value = '53cr37'
  const forms = [`'${value}'`, `'a''${value}'`, `E'\\'${value}'`, `$$${value}$$`, `$q$'${value}$q$`, '5337', `x'5337'`]
  const around = [
    "select 'it''s', % from t",
    'select "a""b", %, [c d], `e`',
    'select /* " */ % -- [',
    "a = ['x', %]",
    '%',
  ]
  for (const form of forms) {
    for (const text of around) {
      const shown = redactLiterals(text.replace('%', () => form))
      expect([text, form, shown, shown.includes(value) || shown.includes('5337')]).toEqual([text, form, shown, false])
    }
  }
})

it('every cut of a statement ends, and shows no value', () => {
  const sql = `select "t"."a", [b], 'se''cret', E'\\'secret', $x$ secret $x$ /* secret */ from t -- secret\n where a = 53371`
  for (let end = 0; end <= sql.length; end++) {
    const shown = redactLiterals(sql.slice(0, end))
    expect([sql.slice(0, end), shown, /secret|533/.test(shown)]).toEqual([sql.slice(0, end), shown, false])
  }
})

it('long texts of any kind are read to their end', () => {
  for (const part of ["'x', ", '?, ', '"a", ', '[', '/*', '$a$ ', "''", '"', 'ab1 ', '1 ', '-- \n', "e'\\' "]) {
    expect(redactLiterals(part.repeat(100_000)).includes('x')).toBe(false)
  }
  expect(redactLiterals(`select '${'x'.repeat(5_000_000)}', "${'y'.repeat(5_000_000)}"`)).toMatch(/^select \?, "y+"$/)
})
