// The recordings of Suricata: every record is told, and the stories that they were recorded for are found in what is made of them.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'
import { suricataEve } from './suricata-eve.ts'

const staged = 'staged-incident/A_firewall_suricata.eve.jsonl'

describeFixtures('Suricata recordings', () => {
  const files = [...fixtureFiles('suricata-eve'), staged]
  const isLines = (path: string) => path.endsWith('.jsonl')

  /** The file's records by the platform's own parser, by type. */
  function typesIn(path: string): Record<string, number> {
    const text = fixtureText(path)
    const texts = isLines(path) ? text.split('\n').filter((line) => line.trim() !== '') : [text]
    const counts: Record<string, number> = {}
    for (const one of texts) {
      const type: string = JSON.parse(one).event_type
      counts[type] = (counts[type] ?? 0) + 1
    }
    return counts
  }

  const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

  it.each(files)('%s: every record is told once as what it is, twice with the same ids', (path) => {
    const { stats = 0, ...types } = typesIn(path)
    const read = readAll(suricataEve, fixtureBytes(path))
    expect(Object.fromEntries(read.understood.map(({ what, count }) => [what, count]))).toEqual(types)
    expect(read.skipped.reduce((sum, { count }) => sum + count, 0)).toBe(stats)
    expect(read.refused).toEqual([])
    expect(read.records).toBe(total(types) + stats)
    expect(read.events).toBe(total(types))
    const ids = read.made.map(({ id }) => id)
    expect(new Set(ids).size).toBe(read.events)
    expect(readAll(suricataEve, fixtureBytes(path)).made.map(({ id }) => id)).toEqual(ids)
    expect(read.made.every(({ session, host }) => session === undefined && host === undefined)).toBe(true)
    expect(suricataEve.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(true)
  })

  it('reads the same in pieces of 1 and 7 bytes', () => {
    for (const path of files.filter((name) => fixtureBytes(name).length < 60_000)) {
      const whole = readAll(suricataEve, fixtureBytes(path)).made
      for (const bytes of [1, 7]) expect(readAll(suricataEve, fixtureBytes(path), {}, bytes).made).toEqual(whole)
    }
  })

  it('takes no recording of another format for its own', () => {
    for (const path of fixtureFiles('.').filter((name) => !files.includes(name))) {
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 4096))
      expect([path, suricataEve.looksLike(head, path)]).toEqual([path, false])
    }
  })

  it('finds in the staged incident the miner, the metadata service, and the reverse tunnel that raised no alert', () => {
    const { made } = readAll(suricataEve, fixtureBytes(staged))
    const alerts = made.flatMap((event) => (event.kind === 'alert.raised' ? [event] : []))
    expect(alerts.map(({ data }) => data.traffic?.destination)).toEqual([
      { address: '169.254.169.254', port: 80 },
      { address: '203.0.113.66', port: 8080 },
      { address: '198.51.100.33', port: 3333 },
      { address: '198.51.100.33', port: 3333 },
    ])
    expect(alerts[2]).toMatchObject({
      atMs: Date.UTC(2026, 10, 21, 2, 27, 1) + 960.762,
      data: {
        title: 'ET POLICY Cryptocurrency Miner Checkin',
        severity: 'high',
        action: 'allowed',
        message: expect.stringContaining('"method":"login"'),
        traffic: {
          source: { address: '10.77.0.11', port: 41516 },
          flow: '1592518705504416',
          communityId: '1:4l1oLrkWfMbGhnWAZgxWNpWgZCA=',
          flowStartedAtMs: Date.UTC(2026, 10, 21, 2, 27, 1) + 960.611,
        },
      },
    })
    const ssh = made.flatMap((event) => (event.kind === 'ssh.observed' ? [event.data] : []))
    expect(ssh.map(({ traffic }) => traffic.destination.address)).toContain('203.0.113.66')
    const downloads = made.flatMap((event) => (event.kind === 'file.transferred' ? [event.data.traffic] : []))
    expect(downloads.every(({ source, destination }) => (source.port ?? 0) > (destination.port ?? 0))).toBe(true)
    expect(downloads).toHaveLength(5)
  })

  it('finds techniques of miners, swapped banners, and long DNS queries in both shapes', () => {
    const mining = readAll(suricataEve, fixtureBytes('suricata-eve/mining_stratum.eve.jsonl')).made
    const techniques = mining.flatMap((event) => (event.kind === 'alert.raised' ? (event.data.techniques ?? []) : []))
    expect(techniques).toContain('T1496')
    expect(readAll(suricataEve, fixtureBytes('suricata-eve/reverse_ssh.eve.jsonl')).made[0]?.data).toMatchObject({
      traffic: { destination: { port: 22 } },
      clientVersion: 'dropbear_2018.76',
      serverVersion: 'AsyncSSH_2.8.1',
    })
    const older = readAll(suricataEve, fixtureBytes('suricata-eve/dns_exfiltration.eve.jsonl')).made
    const newer = readAll(suricataEve, fixtureBytes('suricata-eve/suricata8_dns_v3_first40.eve.jsonl')).made
    const facts = (events: typeof older) =>
      events.flatMap(({ atMs, kind, data }) => {
        if (kind !== 'dns.queried') return []
        const { traffic, ...rest } = data as { traffic: { source: unknown; destination: unknown } }
        return [{ atMs, source: traffic.source, destination: traffic.destination, ...rest }]
      })
    // The same capture by Suricata 7 and 8 comes to the same facts.
    expect(facts(newer)).toEqual(facts(older).slice(0, 40))
  })

  it('throws nothing and makes only events that fit, whatever is changed in real lines', () => {
    const lines = files
      .filter((path) => isLines(path) && !path.includes('synscan'))
      .flatMap((path) => fixtureText(path).split('\n').slice(0, 60))
      .filter((text) => text !== '')
    const values = [
      'null',
      '-1',
      '1e99',
      '"\\u0000"',
      '[]',
      '[{}]',
      '{"__proto__":{}}',
      '9007199254740993',
      '""',
      '"',
      '}',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.array(fc.tuple(fc.nat(1_500), fc.constantFrom(...values)), { maxLength: 4 }),
        (text, changes) => {
          let changed = text
          for (const [place, value] of changes) {
            const colon = changed.indexOf(':', place)
            const comma = changed.indexOf(',', colon)
            if (colon !== -1 && comma !== -1) changed = `${changed.slice(0, colon + 1)}${value}${changed.slice(comma)}`
          }
          const read = readAll(suricataEve, changed)
          expect(read.records).toBeGreaterThanOrEqual(1)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 400 },
    )
  })
})
