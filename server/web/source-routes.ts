// Sources over HTTP: what each door let in, and the records that were refused there, for download.
import { createRoute, z } from '@hono/zod-openapi'
import { CanaryView } from '../protocol/canary-view.ts'
import { ProbeHeartbeat, SourceView } from '../protocol/source-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { SourcesPort } from './ports.ts'
import { sourceNameOfKey } from './source-name.ts'

const refusalsMax = 1_000

const listRoute = createRoute({
  method: 'get',
  path: '/api/sources',
  summary: 'Sources: heartbeat, rate, lag, clock offset, what was skipped and refused and why',
  responses: {
    200: {
      description: 'sources',
      content: {
        'application/json': {
          schema: z.object({ sources: z.array(SourceView), probes: z.array(ProbeHeartbeat), canary: CanaryView }),
        },
      },
    },
  },
})

const canaryRoute = createRoute({
  method: 'get',
  path: '/api/canary',
  summary: 'How long a synthetic event takes through the whole pipe, and how many did not come through',
  responses: { 200: { description: 'it', content: { 'application/json': { schema: CanaryView } } } },
})

type Ports = {
  sources: SourcesPort
  keys: { list(): { name: string; revokedAtMs?: number | undefined }[] }
  heartbeats: { list(): ProbeHeartbeat[] }
  canary(): CanaryView
}

export function sourceRoutes({ sources, keys, heartbeats, canary }: Ports) {
  /** By name: a source is called after its key unless it says otherwise, and a key of that name that still opens leaves it open why. */
  function revokedOf(name: string): Pick<SourceView, 'silentBecause'> {
    const named = keys.list().filter((key) => sourceNameOfKey(key.name) === name)
    const revokedAtMs = Math.max(...named.map((key) => key.revokedAtMs ?? 0))
    const allGone = named.length > 0 && named.every((key) => key.revokedAtMs !== undefined)
    return allGone ? { silentBecause: { reason: 'the key of this name was revoked', atMs: revokedAtMs } } : {}
  }

  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const listed = sources.list().map((source) => ({ ...source, ...revokedOf(source.name) }))
      return c.json({ sources: listed, probes: heartbeats.list(), canary: canary() }, 200)
    })
    app.openapi(canaryRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(canary(), 200)
    })
    // Refused records, newest first, as NDJSON: {seenAtMs, line, reason, raw}.
    app.get('/api/sources/:format/:name/refused', async (c) => {
      requireScope(c.get('caller'), 'read')
      const { format, name } = c.req.param()
      const rows = await sources.refusals(`${format}/${name}`, refusalsMax)
      const file = `refused-${format}-${name}.ndjson`.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 200)
      return c.body(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 200, {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="${file}"`,
      })
    })
  }
}
