// Recordings of Hubble: every record is told, and each connection is told from one side.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { hubble } from './hubble.ts'
import { readAll } from './read-all-for-test.ts'

const linesOf = (path: string) =>
  fixtureText(path)
    .split('\n')
    .filter((line) => line.trim() !== '')

describeFixtures('Hubble recordings', () => {
  const files = fixtureFiles('hubble')

  it.each(files)(
    '%s: every record is told once as what it is, in pieces of any size, twice with the same ids',
    (path) => {
      const kinds: Record<string, number> = {}
      for (const line of linesOf(path)) {
        const { l7 } = JSON.parse(line).flow
        const kind = l7?.dns ? 'dns.queried' : l7?.http ? 'http.requested' : 'flow.observed'
        kinds[kind] = (kinds[kind] ?? 0) + 1
      }
      const read = readAll(hubble, fixtureBytes(path))
      const made: Record<string, number> = {}
      for (const { kind } of read.made) made[kind] = (made[kind] ?? 0) + 1
      expect(made).toEqual(kinds)
      expect([read.records, read.events]).toEqual([linesOf(path).length, linesOf(path).length])
      expect([read.skipped, read.refused]).toEqual([[], []])
      expect(new Set(read.made.map(({ id }) => id)).size).toBe(read.events)
      expect(readAll(hubble, fixtureBytes(path), {}, 7).made).toEqual(read.made)
      expect(read.made.every(({ session, host }) => session === undefined && host === undefined)).toBe(true)
    },
  )

  it('reads the same byte by byte', () => {
    const path = 'hubble/basic-sample-10-flows.jsonl'
    expect(readAll(hubble, fixtureBytes(path), {}, 1).made).toEqual(readAll(hubble, fixtureBytes(path)).made)
  })

  it('tells the denied connection of the agent with its pod and its label', () => {
    expect(readAll(hubble, fixtureBytes('hubble/dropped_egress_agent_probe.jsonl')).made).toMatchObject([
      {
        kind: 'flow.observed',
        atMs: Date.UTC(2026, 8, 20, 14, 56, 45) + 779.112,
        data: {
          traffic: {
            protocol: 'tcp',
            source: { address: '10.0.1.116', port: 38_160 },
            destination: { address: '10.0.1.117', port: 8080 },
            sensor: 'k3d-agent-zone-control-agent-0',
            from: {
              namespace: 'agent-restricted',
              pod: 'agent-probe',
              labels: { 'k8s:agent-id': 'agt-log-reader-001', 'k8s:role': 'read-only-agent' },
            },
            to: { namespace: 'corp-prod', pod: 'corp-prod-target' },
          },
          verdict: 'denied',
          direction: 'out',
          reason: 'POLICY_DENIED',
        },
      },
    ])
  })

  it('asks every name server at its port 53, and calls a port 9080 nowhere the opener where Hubble knows', () => {
    const { made } = readAll(hubble, fixtureBytes('hubble/basic-sample-330-dns-flows.jsonl'))
    const queries = made.flatMap((event) => (event.kind === 'dns.queried' ? [event.data] : []))
    expect(queries).toHaveLength(330)
    expect(new Set(queries.map(({ traffic }) => traffic.destination.port))).toEqual(new Set([53]))
    expect(queries.filter(({ responseCode }) => responseCode === 'NXDOMAIN')).toHaveLength(102)
    expect(queries.filter(({ answers }) => answers !== undefined)).toHaveLength(55)
    expect(queries.every(({ query }) => !query.endsWith('.'))).toBe(true)

    const path = 'hubble/basic-sample-400-tcp-flows.jsonl'
    const read = readAll(hubble, fixtureBytes(path)).made
    for (const [index, line] of linesOf(path).entries()) {
      const event = read[index]
      const { is_reply } = JSON.parse(line).flow
      if (is_reply === undefined || event === undefined || !('traffic' in event.data)) continue
      expect(event.data.traffic?.source.port).not.toBe(9080)
    }
  })

  it('takes no recording of another format for its own, and all of its own', () => {
    for (const path of fixtureFiles('.')) {
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 4096))
      expect([path, hubble.looksLike(head, path)]).toEqual([path, path.startsWith('hubble/')])
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real records', () => {
    const real = files.flatMap((path) => linesOf(path).slice(0, 60))
    const values = [
      'null',
      '-1',
      '1e99',
      '"\\u0000"',
      '[]',
      '[[]]',
      '{"__proto__":{}}',
      '{',
      '}',
      '"',
      'true',
      '99999999999999999999',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(2_000), fc.constantFrom(...values)), { maxLength: 5 }),
        (line, changes) => {
          let changed = line
          for (const [place, value] of changes) {
            const colon = changed.indexOf(':', place)
            const comma = changed.indexOf(',', colon)
            if (colon !== -1 && comma !== -1) changed = `${changed.slice(0, colon + 1)}${value}${changed.slice(comma)}`
          }
          const read = readAll(hubble, changed)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 400 },
    )
  })
})
