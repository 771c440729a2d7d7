// The grammar of store URLs: every row of the table in open/store-url.ts, and every refusal. What a backend makes of a
// path or of an option is tested where that backend is.
import { parseStoreUrl } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { codeOf, failureOf } from './support/outcome.ts'

const parse = (url: unknown) => {
  const { scheme, path, options } = parseStoreUrl(url as string)
  return { scheme, path, options: Object.fromEntries(options) }
}

describe('accepted', () => {
  it.each([
    ['sqlite:app.db', 'sqlite', 'app.db'],
    ['sqlite:./app.db', 'sqlite', './app.db'],
    ['sqlite:../data/app.db', 'sqlite', '../data/app.db'],
    ['sqlite:/var/app.db', 'sqlite', '/var/app.db'],
    ['sqlite:///var/app.db', 'sqlite', '/var/app.db'],
    ['sqlite:C:/app.db', 'sqlite', 'C:/app.db'],
    ['sqlite:C:\\data\\app.db', 'sqlite', 'C:\\data\\app.db'],
    ['sqlite::memory:', 'sqlite', ':memory:'],
    ['opfs:app', 'opfs', 'app'],
    ['SQLite:App.db', 'sqlite', 'App.db'],
    ['node-sqlite:app.db', 'node-sqlite', 'app.db'],
    ['sqlite:a%20b.db', 'sqlite', 'a b.db'],
    ['sqlite:a b.db', 'sqlite', 'a b.db'],
    ['sqlite:what%3F.db', 'sqlite', 'what?.db'],
    ['sqlite:no%231.db', 'sqlite', 'no#1.db'],
    ['sqlite:100%25.db', 'sqlite', '100%.db'],
    ['sqlite:gr%C3%B6%C3%9Fe.db', 'sqlite', 'größe.db'],
    ['sqlite:größe.db', 'sqlite', 'größe.db'],
    ['sqlite:a+b.db', 'sqlite', 'a+b.db'],
    ['sqlite:a=b&c.db', 'sqlite', 'a=b&c.db'],
  ])('%s', (url, scheme, path) => {
    expect(parse(url)).toEqual({ scheme, path, options: {} })
  })

  it.each([
    ['sqlite:a.db?readOnly=true', { readOnly: 'true' }],
    ['sqlite:a.db?a=1&b=2', { a: '1', b: '2' }],
    ['sqlite:a.db?a=x%26y%3Dz', { a: 'x&y=z' }],
    ['sqlite:a.db?a=b=c', { a: 'b=c' }],
    ['sqlite:a.db?a=', { a: '' }],
    ['sqlite:a.db?%61=1', { a: '1' }],
    ['sqlite:a.db?a=1?2', { a: '1?2' }],
    ['sqlite:a.db?a=1&&b=2&', { a: '1', b: '2' }],
    ['sqlite:a.db?', {}],
    ['sqlite::memory:?maxReaders=2', { maxReaders: '2' }],
  ])('%s: options', (url, options) => {
    expect(parse(url).options).toEqual(options)
  })

  it('an option named like a member of Object is an option like any other', () => {
    expect([...parseStoreUrl('sqlite:a.db?__proto__=1&constructor=2').options]).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
  })

  it.each(['postgres://u:p@host:5432/d?sslmode=require', 'postgresql://host/d', 'POSTGRES://host/d'])(
    '%s goes to its backend as it is',
    (url) => {
      expect(parse(url)).toEqual({ scheme: url.split(':')[0]?.toLowerCase(), path: url, options: {} })
    },
  )
})

describe('refused', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a URL object', new URL('sqlite:app.db')],
    ['nothing', ''],
    ['blanks alone', '  '],
    ['a blank before', ' sqlite:app.db'],
    ['a line end after', 'sqlite:app.db\n'],
    ['a path without a scheme', './app.db'],
    ['a bare name', 'app.db'],
    ['an absolute path', '/var/app.db'],
    ['a Windows path', 'C:\\app.db'],
    ['a bare :memory:', ':memory:'],
    ['a scheme that begins with a digit', '3sql:app.db'],
    ['file:', 'file:app.db'],
    ['FILE:', 'FILE:///app.db'],
    ['a file: URI as name', 'sqlite:file:app.db?mode=ro'],
    ['an encoded file: URI as name', 'sqlite:%66ile:app.db'],
    ['an authority', 'sqlite://host/app.db'],
    ['an authority without path', 'sqlite://app.db'],
    ['an empty authority and no path', 'sqlite://'],
    ['an empty name', 'sqlite:'],
    ['an empty name before options', 'sqlite:?readOnly=true'],
    ['an encoded blank before the name', 'sqlite:%20app.db'],
    ['an encoded line end after the name', 'sqlite:app.db%0A'],
    ['a blank between name and options', 'sqlite:app.db ?a=1'],
    ['a NUL', 'sqlite:app%00.db'],
    ['a fragment', 'sqlite:app.db#wal'],
    ['a fragment after options', 'sqlite:app.db?a=1#wal'],
    ['a lone %', 'sqlite:100%.db'],
    ['% and one digit', 'sqlite:a%2.db'],
    ['bytes that are no UTF-8', 'sqlite:a%FF.db'],
    ['a bad % in an option', 'sqlite:a.db?a=%zz'],
    ['a bad % in the name of an option', 'sqlite:a.db?%=1'],
    ['an option given twice', 'sqlite:a.db?a=1&a=1'],
    ['an option given twice, once encoded', 'sqlite:a.db?a=1&%61=2'],
    ['an option without a value', 'sqlite:a.db?readOnly'],
  ])('%s', async (_what, url) => {
    expect(await codeOf(() => parse(url))).toBe('INVALID_ARGUMENT')
  })

  it.each([
    'postgress://user:hunter2@host/d',
    'sqlite://user:hunter2@host/d',
    '//user:hunter2@host/d',
    ' postgres://user:hunter2@host/d',
    'postgres//user:hunter2@host/d',
    'file://user:hunter2@host/d',
    'sqlite:a.db?password=hunter2&password=hunter2',
    'sqlite:a.db?password=hunter2%',
    'sqlite:a.db#hunter2',
  ])('%s: without a word of it in the error', async (url) => {
    const error = await failureOf(() => parse(url))
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain('hunter2')
  })
})
