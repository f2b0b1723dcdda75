// Zeek's logs as TSV, in Vigil's own words and documentation addresses.
import { describe, expect, it } from 'vitest'
import { readAll } from './read-all-for-test.ts'
import { zeekJson } from './zeek-json.ts'
import { zeekTsv } from './zeek-tsv.ts'

const ts = '1795262400.250000'
const idFields = ['ts', 'uid', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p']
const idTypes = ['time', 'string', 'addr', 'port', 'addr', 'port']
const ends = [ts, 'CAbc1', '192.0.2.7', '50000', '198.51.100.9', '443']

/** `fields` are `name:type`. */
function header(path: string, fields: readonly string[]): string {
  const names = fields.map((field) => field.split(':')[0])
  const types = fields.map((field) => field.split(':')[1])
  return [
    '#separator \\x09',
    '#set_separator\t,',
    '#empty_field\t(empty)',
    '#unset_field\t-',
    `#path\t${path}`,
    '#open\t2026-11-21-12-00-00',
    `#fields\t${[...idFields, ...names].join('\t')}`,
    `#types\t${[...idTypes, ...types].join('\t')}`,
  ].join('\n')
}
const row = (...cells: string[]) => [...ends, ...cells].join('\t')

const dns = ['proto:enum', 'query:string', 'qtype_name:string', 'rcode_name:string', 'answers:vector[string]']
const conn = [
  'proto:enum',
  'duration:interval',
  'orig_bytes:count',
  'conn_state:string',
  'local_orig:bool',
  'local_resp:bool',
]

const dataOf = (text: string) => readAll(zeekTsv, text).made.map(({ data }) => data)
const reasonsOf = (text: string) => readAll(zeekTsv, text).refusals.map(({ reason }) => reason)

describe('a Zeek TSV log', () => {
  it('is read by its header: columns, types, lists, unset and empty values', () => {
    const text = `${header('dns', dns)}\n${row('udp', 'a.example', 'TXT', '-', 'TXT 3 a\\x2cb,203.0.113.4,-')}\n${row('udp', '(empty)', 'NS', 'NOERROR', '(empty)')}`
    expect(dataOf(text)).toMatchObject([
      { query: 'a.example', type: 'TXT', answers: ['TXT 3 a,b', '203.0.113.4'] },
      { query: '.', responseCode: 'NOERROR' },
    ])
    expect(dataOf(text)[0]).not.toHaveProperty('responseCode')
    expect(dataOf(text)[1]).not.toHaveProperty('answers')
    expect(readAll(zeekTsv, text).skipped).toMatchObject([{ reason: 'header line', count: 8 }])
  })

  it('makes the same event as the same record in JSON', () => {
    const [told] = dataOf(`${header('conn', conn)}\n${row('tcp', '1.500000', '10', 'SF', 'T', 'F')}`)
    const id = {
      uid: 'CAbc1',
      'id.orig_h': '192.0.2.7',
      'id.orig_p': 50_000,
      'id.resp_h': '198.51.100.9',
      'id.resp_p': 443,
    }
    const json = {
      ts: 1_795_262_400.25,
      ...id,
      proto: 'tcp',
      duration: 1.5,
      orig_bytes: 10,
      conn_state: 'SF',
      local_orig: true,
      local_resp: false,
    }
    expect(readAll(zeekJson, JSON.stringify(json)).made[0]?.data).toEqual(told)
    expect(told).toMatchObject({ direction: 'out', bytesOut: 10, endedAtMs: 1_795_262_401_750 })
  })

  it('may have other separators and marks, and a TAB before its first line', () => {
    const text = [
      '\t#separator \\x7c\\x7c',
      '#set_separator||;',
      '#empty_field||EMPTY',
      '#unset_field||NONE',
      '#path||dns',
      `#fields||${[...idFields, 'proto', 'query', 'answers'].join('||')}`,
      `#types||${[...idTypes, 'enum', 'string', 'set[string]'].join('||')}`,
      [...ends, 'udp', 'a.example', 'x;y'].join('||'),
      [...ends, 'udp', 'NONE', 'EMPTY'].join('||'),
    ].join('\n')
    const read = readAll(zeekTsv, text)
    expect(read.made).toMatchObject([{ data: { query: 'a.example', answers: ['x', 'y'] } }])
    expect(read.skipped.map(({ reason }) => reason)).toEqual(['header line', 'DNS message without a name'])
  })

  it('may change its columns in the middle, and nothing of the old header is kept after #separator', () => {
    const first = `${header('conn', conn)}\n${row('tcp', '-', '-', 'S0', '-', '-')}\n#close\t2026-11-21-13-00-00`
    const second = `${header('ssh', ['auth_success:bool', 'auth_attempts:count'])}\n${row('T', '2')}`
    expect(readAll(zeekTsv, `${first}\n${second}`).made).toMatchObject([
      { kind: 'flow.observed', data: { state: 'S0' } },
      { kind: 'ssh.observed', data: { authenticated: true, attempts: 2 } },
    ])
    expect(reasonsOf(`${first}\n#separator \\x09\n#path\tconn\n${row('tcp', '-', '-', 'S0', '-', '-')}`)).toEqual([
      'row without a #fields line above it',
    ])
    const turned = [...conn].reverse()
    const same = row('-', '-', '-', '-', '-', '-')
    const ids = readAll(zeekTsv, `${header('conn', conn)}\n${same}\n${header('conn', turned)}\n${same}`).made.map(
      ({ id }) => id,
    )
    expect(new Set(ids).size).toBe(2)
  })

  it('without #types or #path is read by its names, and by the name of its file', () => {
    const bare = `#fields\t${[...idFields, 'query', 'answers'].join('\t')}\n${row('a.example', 'x,y')}`
    const read = readAll(zeekTsv, bare, { fileName: 'dns.log' })
    expect(read.made).toMatchObject([{ kind: 'dns.queried', data: { answers: ['x', 'y'] } }])
    const ssh = `#fields\t${[...idFields, 'auth_success'].join('\t')}\n${row('F')}`
    expect(readAll(zeekTsv, ssh).made).toMatchObject([{ kind: 'ssh.observed', data: { authenticated: false } }])
  })

  it('writes bytes and backslashes escaped', () => {
    const names = ['\\xc3\\xa4.example', '\\x2d', 'a\\\\x41', '\\xff', '\\x4', '\\']
    const text = `${header('dns', dns)}\n${names.map((name) => row('udp', name, 'A', '-', '-')).join('\n')}`
    const queries = dataOf(text).map((data) => ('query' in data ? data.query : undefined))
    expect(queries).toEqual(['ä.example', '-', 'a\\x41', '\ufffd', '\\x4', '\\'])
  })
})

describe('damaged Zeek TSV', () => {
  it('costs the row: wrong number of columns, no header, no time, no address', () => {
    const good = row('tcp', '-', '-', 'SF', '-', '-')
    const bad = [
      row('tcp', '- -', 'SF', '-', '-'),
      `${good}\t-`,
      good.replace(ts, '26.67'),
      good.replace(ts, '-'),
      good.replace('192.0.2.7', '-'),
      good.replace('192.0.2.7', '192.0.2.700'),
      good.slice(0, 30),
    ]
    const read = readAll(zeekTsv, [header('conn', conn), good, ...bad, good.replace('CAbc1', 'CAbc2')].join('\n'))
    expect(read.made).toHaveLength(2)
    expect(read.refusals.map(({ reason }) => reason)).toEqual([
      'row has another number of columns than its header',
      'row has another number of columns than its header',
      'ts counts from the start of a capture, not from 1970',
      'time is missing or outside of the years 2000 to 2100',
      'record names no two addresses that can be read',
      'record names no two addresses that can be read',
      'row has another number of columns than its header',
    ])
    expect(reasonsOf(good)).toEqual(['row without a #fields line above it'])
  })

  it('costs the rows under a header that cannot be used, until the next one', () => {
    const wide = `#fields\t${Array.from({ length: 600 }, (_, index) => `f${index}`).join('\t')}`
    expect(reasonsOf(`${wide}\nx`)).toEqual([
      'header names too many columns, or too long ones',
      'row without a #fields line above it',
    ])
    expect(reasonsOf(`#fields\tts\t${'x'.repeat(20_000)}`)).toHaveLength(1)
    const twoTabs = `${header('conn', conn)}\n#fields\tts\t\tuid\n${row('tcp', '-', '-', 'SF', '-', '-')}`
    expect(reasonsOf(twoTabs)).toEqual(['header has a column without a name', 'row without a #fields line above it'])
    expect(reasonsOf('#fields')).toEqual(['header has a column without a name'])
  })

  it('cannot reach what every object has', () => {
    const fields = ['__proto__:string', 'constructor:string', 'proto:enum', 'conn_state:string']
    const [data] = dataOf(`${header('conn', fields)}\n${row('x', 'y', 'tcp', 'SF')}`)
    expect(data).toMatchObject({ state: 'SF' })
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it('reads the same in pieces, with CRLF, and twice', () => {
    const text = `${header('conn', conn)}\n${row('tcp', '1', '2', 'SF', 'T', 'T')}\n${row('udp', '1', '2', 'SF', 'T', 'T')}\n`
    const whole = readAll(zeekTsv, text).made
    expect(whole).toHaveLength(2)
    for (const bytes of [1, 7]) expect(readAll(zeekTsv, text, {}, bytes).made).toEqual(whole)
    expect(readAll(zeekTsv, text.replaceAll('\n', '\r\n')).made).toEqual(whole)
  })
})
