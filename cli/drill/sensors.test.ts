// What the drill's other sensors say, read by the readers that read the real ones.
import { describe, expect, it } from 'vitest'
import { trafficOf } from '../../server/attribution/read-evidence.ts'
import { dcgmExporter } from '../../server/sources/dcgm-exporter.ts'
import { readAll } from '../../server/sources/read-all-for-test.ts'
import { suricataEve } from '../../server/sources/suricata-eve.ts'
import { poolAnswer } from './far-peer.ts'
import { alertRecord, flowRecord, signatureOf } from './firewall-records.ts'
import { recordedGpuHost, recordedScrape } from './recorded-gpu.ts'

const flow = {
  atMs: 1_795_262_400_000,
  from: { address: '198.51.100.1', port: 40_123 },
  to: { address: '198.51.100.2', port: 3_333 },
}

describe("the drill's firewall", () => {
  it('writes what the reader of Suricata takes whole: an alert and the end of one flow, by a clock that is ahead', () => {
    const { made, refusals } = readAll(
      suricataEve,
      `${alertRecord('pool', flow, 1, 4_200)}\n${flowRecord(flow, 1, 4_200, true)}\n`,
    )
    expect(refusals).toEqual([])
    expect(made.map(({ kind }) => kind)).toEqual(['alert.raised', 'flow.observed'])
    for (const event of made) {
      const traffic = trafficOf(event as never)
      expect(traffic).toMatchObject({ source: flow.from, destination: flow.to, flowStartedAtMs: flow.atMs + 4_200 })
    }
    expect(made[0]?.data).toMatchObject({ title: signatureOf('pool') })
    expect(trafficOf(made[0] as never)?.flow).toBe(trafficOf(made[1] as never)?.flow)
  })
})

describe('the recorded GPU', () => {
  it('is read as a reading of a card that says of itself that it is recorded', () => {
    const { readings } = readAll(dcgmExporter, recordedScrape(97, 'drill-rome-abcd1234'))
    expect(readings).toHaveLength(1)
    expect(readings[0]).toMatchObject({ host: recordedGpuHost, utilPercent: 97 })
    expect(JSON.stringify(readings[0])).toContain('Recorded for a drill')
  })
})

describe("the drill's pool", () => {
  it('greets, lets in, and never hands out work', () => {
    expect(poolAnswer('{"id":1,"method":"mining.subscribe","params":[]}')).toContain('"error":null')
    expect(poolAnswer('{"id":2,"method":"mining.authorize","params":[]}')).toContain('"result":true')
    expect(poolAnswer('{"id":3,"method":"mining.submit","params":[]}')).toContain('no work here')
    expect(poolAnswer('GET / HTTP/1.1')).toBeUndefined()
  })
})
