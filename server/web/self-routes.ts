// How this server is doing, over HTTP. Everybody who may read may see it: it names no session and no person.
import { createRoute } from '@hono/zod-openapi'
import { SelfView } from '../protocol/self-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'

const route = createRoute({
  method: 'get',
  path: '/api/self',
  summary: 'What this server measured of itself in the last half hour, in steps of ten seconds, and what failed in it',
  responses: { 200: { description: 'it', content: { 'application/json': { schema: SelfView } } } },
})

export function selfRoutes(self: { view(): SelfView }) {
  return (app: ApiApp): void => {
    app.openapi(route, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(self.view(), 200)
    })
  }
}
