// After a restart nothing has been heard from any host yet: what the log last said of them is old.
import type { Pipeline } from './pipeline.ts'
import type { EventInput } from './protocol/event.ts'

/** Writes that every host which the log calls connected is not, until it is heard from. */
export async function markHostsUnheard(pipeline: Pick<Pipeline, 'state' | 'submit'>, nowMs: number): Promise<void> {
  const events: EventInput[] = [...pipeline.state.hosts.values()]
    .filter((host) => host.connected)
    .map((host) => ({
      v: 1,
      kind: 'probe.disconnected',
      atMs: nowMs,
      host: host.host,
      data: { reason: 'the server was restarted' },
    }))
  if (events.length > 0) await pipeline.submit({ sender: { type: 'vigil' }, events })
}
