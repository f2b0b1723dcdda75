// Recordings of Zeek in both of its writers: every record is told, and both readers agree on what was recorded twice.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'
import type { RecordSource } from './record-source.ts'
import { zeekJson } from './zeek-json.ts'
import { zeekTsv } from './zeek-tsv.ts'

type Counts = { understood: Record<string, number>; skipped: Record<string, number>; refused: Record<string, number> }

const relative = 'ts counts from the start of a capture, not from 1970'

/** What is in the file, by means that are not the reader's. */
function countJson(path: string): Counts {
  const log = /(conn|dns|http|notice|ssl|ssh)/.exec(path.replace(/vertical_portscan/, ''))?.[1] ?? ''
  const counts: Counts = { understood: {}, skipped: {}, refused: {} }
  for (const line of fixtureText(path)
    .split('\n')
    .filter((text) => text !== '')) {
    const isRelative = typeof JSON.parse(line).ts === 'number' && JSON.parse(line).ts < 1e9
    const [group, name] = isRelative ? [counts.refused, relative] : [counts.understood, log]
    group[name] = (group[name] ?? 0) + 1
  }
  return counts
}

function countTsv(path: string): Counts {
  const lines = fixtureText(path)
    .split('\n')
    .filter((text) => text !== '')
  const fields =
    lines
      .find((line) => line.startsWith('#fields'))
      ?.split('\t')
      .slice(1) ?? []
  const log = lines.find((line) => line.startsWith('#path'))?.split('\t')[1] ?? ''
  const counts: Counts = { understood: {}, skipped: {}, refused: {} }
  const add = (group: Record<string, number>, name: string) => {
    group[name] = (group[name] ?? 0) + 1
  }
  for (const line of lines) {
    const cells = line.split('\t')
    if (line.trim().startsWith('#')) add(counts.skipped, 'header line')
    else if (cells.length !== fields.length) add(counts.refused, 'row has another number of columns than its header')
    else if (log === 'dns' && cells[fields.indexOf('query')] === '-') add(counts.skipped, 'DNS message without a name')
    else add(counts.understood, log)
  }
  return counts
}

const byReason = (tallies: readonly { reason?: string; what?: string; count: number }[]) =>
  Object.fromEntries(tallies.map(({ reason, what, count }) => [reason ?? what, count]))

const withoutIds = (source: RecordSource, path: string) =>
  readAll(source, fixtureBytes(path)).made.map(({ id: _, ...event }) => event)

describeFixtures('Zeek recordings', () => {
  const json = fixtureFiles('zeek-json').map((path) => [path, zeekJson, countJson] as const)
  const tsv = fixtureFiles('zeek-tsv').map((path) => [path, zeekTsv, countTsv] as const)
  const files = [...json, ...tsv]

  it.each(files)('%s: every record is told once as what it is, twice with the same ids', (path, source, count) => {
    const read = readAll(source, fixtureBytes(path))
    const inside = count(path)
    expect(byReason(read.understood)).toEqual(inside.understood)
    expect(byReason(read.skipped)).toEqual(inside.skipped)
    expect(byReason(read.refused)).toEqual(inside.refused)
    expect(read.records).toBe(
      fixtureText(path)
        .split('\n')
        .filter((line) => line.trim() !== '').length,
    )
    const ids = read.made.map(({ id }) => id)
    expect(ids).toHaveLength(byReason(read.understood)[Object.keys(inside.understood)[0] ?? ''] ?? 0)
    expect(new Set(ids).size).toBe(ids.length)
    expect(readAll(source, fixtureBytes(path)).made.map(({ id }) => id)).toEqual(ids)
    expect(read.made.every(({ session, host }) => session === undefined && host === undefined)).toBe(true)
  })

  it('reads the same in pieces of 1 and 7 bytes', () => {
    for (const [path, source] of files.filter(([name]) => fixtureBytes(name).length < 60_000)) {
      const whole = readAll(source, fixtureBytes(path)).made
      for (const bytes of [1, 7]) expect(readAll(source, fixtureBytes(path), {}, bytes).made).toEqual(whole)
    }
  })

  it('makes the same 22 events of the 22 SSH sessions that were written as JSON and as TSV', () => {
    const fromJson = withoutIds(zeekJson, 'zeek-json/wrccdc_ssh.jsonl')
    const fromTsv = withoutIds(zeekTsv, 'zeek-tsv/wrccdc_ssh.log')
    expect(fromJson).toHaveLength(22)
    const byFlow = (events: typeof fromJson) =>
      [...events].sort((one, other) => JSON.stringify(one.data).localeCompare(JSON.stringify(other.data)))
    expect(byFlow(fromTsv)).toEqual(byFlow(fromJson))
    const logins = fromTsv.flatMap((event) => (event.kind === 'ssh.observed' ? [event.data.authenticated] : []))
    expect(logins.filter((login) => login === true)).toHaveLength(5)
    expect(logins.filter((login) => login === false)).toHaveLength(2)
  })

  it('finds the port scan, the password guessing and the certificates that are not trusted', () => {
    const scan = withoutIds(zeekJson, 'zeek-json/slips_vertical_portscan_conn.jsonl')
    expect(scan[0]).toEqual({
      v: 1,
      kind: 'flow.observed',
      atMs: 1_700_828_217_314.165,
      data: {
        traffic: {
          protocol: 'tcp',
          source: { address: '192.168.1.9', port: 50_820 },
          destination: { address: '45.33.32.156', port: 443 },
          flow: 'CfykLO1IT1nVRJhLA3',
          flowStartedAtMs: 1_700_828_217_314.165,
        },
        verdict: 'unknown',
        direction: 'out',
        endedAtMs: 1_700_828_217_521.129,
        bytesOut: 0,
        bytesIn: 0,
        packetsOut: 1,
        packetsIn: 1,
        state: 'REJ',
      },
    })
    const ports = scan.flatMap((event) => (event.kind === 'flow.observed' ? [event.data.traffic.destination.port] : []))
    expect(new Set(ports).size).toBeGreaterThan(40)

    const notices = withoutIds(zeekTsv, 'zeek-tsv/slips_test10_notice.log')
    expect(notices[0]?.data).toEqual({
      basis: 'notice',
      title: 'Scan::Address_Scan',
      ruleId: 'Scan::Address_Scan',
      severity: 'medium',
      action: 'unknown',
      message: '147.32.83.156 scanned at least 25 unique hosts on port 23/tcp in 1m14s',
    })
    const [invalid] = withoutIds(zeekJson, 'zeek-json/wrccdc_notice_first100.jsonl')
    expect(invalid?.data).toMatchObject({
      title: 'SSL::Invalid_Server_Cert',
      severity: 'low',
      traffic: {
        source: { address: '10.164.94.120', port: 39_611 },
        destination: { address: '10.47.3.200', port: 443 },
      },
    })
  })

  it('keeps both families of addresses, and the answers of a query', () => {
    const [first] = withoutIds(zeekTsv, 'zeek-tsv/slips_test10_dns.log')
    expect(first).toMatchObject({
      atMs: 1_601_998_366_786.397,
      data: {
        traffic: { source: { address: '2001:718:2:1663:dc58:6d9:ef13:51a5', port: 53_879 }, protocol: 'udp' },
        query: 'clients6.google.com',
        type: 'AAAA',
        responseCode: 'NOERROR',
        answers: ['clients.l.google.com', '2a00:1450:4014:80c::200e'],
      },
    })
    const weird = withoutIds(zeekTsv, 'zeek-tsv/slips_test10_weird.log')
    expect(weird.map(({ data }) => 'traffic' in data)).toEqual([true, false])
  })

  it('takes no recording of another format for its own', () => {
    for (const path of fixtureFiles('.')) {
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 4096))
      for (const source of [zeekJson, zeekTsv]) {
        const own = path.startsWith(`${source.format}/`)
        expect([path, source.format, source.looksLike(head, path)]).toEqual([path, source.format, own])
      }
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real records', () => {
    const headers = new Map(
      tsv.map(([path]) => [
        path,
        fixtureText(path)
          .split('\n')
          .filter((line) => line.trim().startsWith('#'))
          .join('\n'),
      ]),
    )
    const rows = tsv.flatMap(([path]) =>
      fixtureText(path)
        .split('\n')
        .slice(8, 40)
        .map((line) => `${headers.get(path)}\n${line}`),
    )
    const lines = json.flatMap(([path]) => fixtureText(path).split('\n').slice(0, 40))
    const pieces = [
      'null',
      '-1',
      '1e99',
      '""',
      '[]',
      '{"__proto__":1}',
      '{',
      '"',
      '\t',
      '-',
      '\\x00',
      ',',
      '1795262400',
      '\\',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(
          ...lines.map((text) => [text, zeekJson] as const),
          ...rows.map((text) => [text, zeekTsv] as const),
        ),
        fc.array(fc.tuple(fc.nat(1_000), fc.nat(20), fc.constantFrom(...pieces)), { maxLength: 4 }),
        ([text, source], changes) => {
          let changed = text.replace(/"ts":\d\d?\.\d+/, '"ts":1795262400.5')
          for (const [place, length, piece] of changes) {
            const at = Math.max(0, changed.length - 1 - place)
            changed = `${changed.slice(0, at)}${piece}${changed.slice(at + length)}`
          }
          for (const { reason } of readAll(source, changed).refusals) {
            expect(reason).not.toMatch(/does not fit|reader failed/)
          }
        },
      ),
      { numRuns: 400 },
    )
  })
})
