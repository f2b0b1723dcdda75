// Events of hosts and sensors through the reader and all detectors: what one core takes.
import { expect, it } from 'vitest'
import { drawEpisode } from '../../model/event-for-test.ts'
import type { StoredEvent } from '../../protocol/event.ts'
import { createStatefulDetectors } from '../stateful/stateful-detectors.ts'
import { createDetectionEvents } from './detection-events.ts'

it('at least 150,000 events a second that are no commands', () => {
  const [exec, open, close] = drawEpisode(
    '00:00 exec 1 1 python train.py\n00:01 open k1 198.51.100.7:443 1\n00:02 close k1 9 9',
  )
  const flow = {
    kind: 'flow.observed',
    data: {
      traffic: {
        protocol: 'tcp',
        source: { address: '10.0.0.1', port: 1 },
        destination: { address: '198.51.100.9', port: 443 },
      },
      verdict: 'allowed',
      bytesOut: 10,
      bytesIn: 900,
      packetsIn: 3,
      packetsOut: 3,
    },
  }
  const templates = [exec, open, close, { ...exec, ...flow }] as StoredEvent[]
  const events = Array.from({ length: 200_000 }, (_, n) => {
    const each = templates[n % 4] as StoredEvent
    const data =
      each.kind === 'connection.opened' || each.kind === 'connection.closed'
        ? { connection: `k${n >> 2}` }
        : each.kind === 'process.started'
          ? { pid: 2 + ((n >> 2) % 30_000) }
          : {}
    return {
      ...each,
      session: `ep-${(n >> 2) % 300}`,
      atMs: each.atMs + n * 7,
      data: { ...each.data, ...data },
    } as unknown as StoredEvent
  })
  const reader = createDetectionEvents()
  const detectors = createStatefulDetectors()
  const rates = [1, 2, 3].map(() => {
    const from = process.cpuUsage()
    for (const event of events) for (const each of reader.ofEvent(event).events) detectors.observe(each)
    return events.length / secondsSince(from)
  })
  const best = Math.max(...rates)
  console.info(`log events through reader and detectors: ${Math.round(best).toLocaleString('en')} a second`)
  expect(best).toBeGreaterThan(process.env.CI === 'true' ? 75_000 : 150_000)
})

/** Of this process's own work: others may share the core. */
function secondsSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1e6
}
