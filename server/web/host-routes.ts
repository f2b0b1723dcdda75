// Hosts over HTTP: whether their probe is heard, what it can do and see, their GPUs.
import { createRoute, z } from '@hono/zod-openapi'
import { projectHost } from '../model/project-row.ts'
import { HostRow } from '../protocol/browser-messages.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { PipelinePort, SamplesPort } from './ports.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/api/hosts',
  summary: 'Hosts, with what each can enforce and observe, before anyone clicks',
  responses: {
    200: { description: 'hosts', content: { 'application/json': { schema: z.object({ hosts: z.array(HostRow) }) } } },
  },
})

export function hostRoutes(pipeline: PipelinePort, samples: SamplesPort) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(
        { hosts: [...pipeline.state.hosts.values()].map((host) => projectHost(host, samples.history)) },
        200,
      )
    })
  }
}
