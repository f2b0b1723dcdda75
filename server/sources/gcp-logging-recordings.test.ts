// Recordings of Google Cloud's network logs.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { gcpLogging } from './gcp-logging.ts'
import { readAll } from './read-all-for-test.ts'

describeFixtures('Google Cloud recordings', () => {
  const files = fixtureFiles('gcp-flow-firewall')

  it.each(files)('%s: every record is told once, in pieces of any size, with the same ids', (path) => {
    const whole = readAll(gcpLogging, fixtureBytes(path))
    const text = fixtureText(path)
    const inside = path.endsWith('.jsonl') ? text.split('\n').filter((line) => line.trim() !== '').length : 1
    expect([whole.records, whole.events]).toEqual([inside, inside])
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(inside)
    for (const bytes of [1, 7]) expect(readAll(gcpLogging, fixtureBytes(path), {}, bytes).made).toEqual(whole.made)
    expect(gcpLogging.looksLike(text.slice(0, 4096), path)).toBe(true)
  })

  it('tells both denials with their directions, and whom the flows were between', () => {
    const rules = readAll(gcpLogging, fixtureBytes('gcp-flow-firewall/elastic_firewall_events.jsonl')).made
    expect(rules).toMatchObject([
      {
        atMs: Date.UTC(2019, 10, 6, 16, 41, 38) + 394.575,
        data: {
          verdict: 'denied',
          direction: 'in',
          traffic: {
            protocol: 'udp',
            source: { address: '10.142.0.10', port: 57794 },
            from: { labels: { vm: 'test-es' } },
            to: { labels: { vm: 'local-adrian-test' } },
          },
          reason: 'network:default/firewall:adrian-test-3',
        },
      },
      { data: { direction: 'out', traffic: { from: { labels: { vm: 'local-adrian-test' } } } } },
    ])
    const [service] = readAll(gcpLogging, fixtureBytes('gcp-flow-firewall/otel_vpc_flow_google_service.json')).made
    expect(service).toMatchObject({
      atMs: Date.UTC(2025, 10, 7, 21, 17, 47) + 862.783,
      data: {
        bytesOut: 38_144,
        packetsOut: 72,
        direction: 'out',
        traffic: { names: ['logging.googleapis.com'], sensor: 'andrewvc-flowfixtures-vm-2qhb (SRC)' },
      },
    })
    const [inbound] = readAll(gcpLogging, fixtureBytes('gcp-flow-firewall/otel_vpc_flow_from_computeengine.json')).made
    expect(inbound).toMatchObject({
      data: { direction: 'in', bytesOut: 0, traffic: { to: { labels: { vm: 'proxy-crest-new-group-892l' } } } },
    })
  })

  it('takes no other recording for its own', () => {
    for (const path of fixtureFiles('.')) {
      if (path.startsWith('gcp-flow-firewall/')) continue
      const head = new TextDecoder().decode(fixtureBytes(path).subarray(0, 8192))
      expect(gcpLogging.looksLike(head, path), path).toBe(false)
    }
  })

  it('throws nothing and makes only events that fit, whatever is changed in real records', () => {
    const real = files.flatMap((path) => (path.endsWith('.jsonl') ? fixtureText(path).split('\n') : fixtureText(path)))
    const values = ['null', '-1', '1e99', '"\\u0000"', '[]', '{"__proto__":{}}', '{', '}', '"', '99999999999999999999']
    fc.assert(
      fc.property(
        fc.constantFrom(...real.filter((text) => text !== '')),
        fc.array(fc.tuple(fc.nat(1_500), fc.constantFrom(...values)), { maxLength: 4 }),
        (text, changes) => {
          let changed = text
          for (const [place, value] of changes) {
            const colon = changed.indexOf(':', place)
            const comma = changed.indexOf(',', colon)
            if (colon !== -1 && comma !== -1) changed = `${changed.slice(0, colon + 1)}${value}${changed.slice(comma)}`
          }
          const read = readAll(gcpLogging, changed)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 300 },
    )
  })
})
