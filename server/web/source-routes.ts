// Sources over HTTP: what each door let in, and the records that were refused there, for download.
import { createRoute, z } from '@hono/zod-openapi'
import { SourceView } from '../protocol/source-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { SourcesPort } from './ports.ts'

const refusalsMax = 1_000

const listRoute = createRoute({
  method: 'get',
  path: '/api/sources',
  summary: 'Sources: heartbeat, rate, lag, clock offset, what was skipped and refused and why',
  responses: {
    200: {
      description: 'sources',
      content: { 'application/json': { schema: z.object({ sources: z.array(SourceView) }) } },
    },
  },
})

export function sourceRoutes(sources: SourcesPort) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ sources: sources.list() }, 200)
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
