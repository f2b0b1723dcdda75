// Drills with everything around them: their key, the log, and those of before, from the audit.
import { keepDrills } from './drill-keeper.ts'
import type { Pipeline } from './pipeline.ts'
import type { Actor } from './protocol/actor.ts'
import type { AuditPort } from './web/audit-routes.ts'
import type { KeyStore, RecordAudit } from './web/key-routes.ts'

export type WireDrillsOptions = {
  pipeline: Pipeline
  keys: Pick<KeyStore, 'create' | 'revoke' | 'list'>
  recordAudit: RecordAudit
  readAudit: AuditPort['read']
  program: readonly string[] | undefined
  url: string
  dataDir: string
  limits: () => string[]
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

/** Beginnings and reports that are read at the start. */
const entriesRead = 600
const drillKeyName = /^drill \S+ [a-z0-9]{8}$/

export async function wireDrills(options: WireDrillsOptions) {
  const { pipeline, keys, recordAudit, readAudit, ...rest } = options
  // A server that was killed could not take back the key of the drill that it ran.
  const server: Actor = { type: 'server', id: 'drills', name: 'Drills' }
  for (const { id, name, revokedAtMs } of keys.list())
    if (revokedAtMs === undefined && drillKeyName.test(name)) {
      await keys.revoke(id)
      await recordAudit(server, 'key.revoked', `${id}: of a drill that the server before this one ran`)
    }
  const entries = await readAudit({ kind: 'audit.recorded', text: '"change":"drill.', limit: entriesRead })
  const drills = keepDrills(
    {
      ...rest,
      async createKey(name: string, by: Actor) {
        const { key, record } = await keys.create({ name, scopes: ['read', 'ingest', 'sensor'], createdBy: by.id })
        await recordAudit(by, 'key.created', `${record.name} (…${record.hint}): ${record.scopes.join(', ')}`)
        return { id: record.id, key }
      },
      async revokeKey(id: string, by: Actor) {
        await keys.revoke(id)
        await recordAudit(by, 'key.revoked', id)
      },
      isKnown: (session) => pipeline.state.sessions.has(session),
      submit: (event) => pipeline.submit({ sender: { type: 'vigil' }, events: [event], trust: 'operator' }),
    },
    entries,
  )
  pipeline.onCommit(({ events }) => {
    for (const event of events) drills.take(event)
  })
  return drills
}
