// Who am I, the first administrator, and better-auth's own paths.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from './api-app.ts'
import { type Auth, passwordLengthMin } from './auth.ts'
import { emailOf } from './email.ts'
import { ProblemError } from './problem.ts'
import { readBody, smallBody } from './request-body.ts'

const Operator = z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.string() })

const meRoute = createRoute({
  method: 'get',
  path: '/api/me',
  summary: 'The signed-in operator',
  responses: {
    200: { description: 'signed in', content: { 'application/json': { schema: z.object({ operator: Operator }) } } },
  },
})

const setupRoute = createRoute({
  method: 'post',
  path: '/api/setup',
  summary: 'Create the first administrator with the one-time link printed at the start',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({
            token: z.string().max(200),
            email: emailOf(),
            name: z.string().trim().min(1, 'a name is needed').max(100),
            password: z.string().min(passwordLengthMin, `at least ${passwordLengthMin} characters`).max(128),
          }),
        },
      },
    },
  },
  responses: {
    201: {
      description: 'created; sign in now',
      content: { 'application/json': { schema: z.object({ operator: Operator }) } },
    },
  },
})

export type SetupLink = { token(): string | undefined; spend(): void }

export function accountRoutes(
  auth: Auth,
  setup: SetupLink,
  recordAudit: (change: string, subject: string) => Promise<void>,
) {
  let creating = false
  return (app: ApiApp): void => {
    app.on(['GET', 'POST'], '/api/auth/*', async (c) => {
      // The address that better-auth's rate limit counts by is the socket's: a header from outside would be the guesser's choice.
      const headers = new Headers(c.req.raw.headers)
      headers.set('x-vigil-remote', c.env.incoming.socket.remoteAddress ?? 'unknown')
      const { method, url } = c.req
      const body = method === 'POST' ? await readBody(c.env.incoming, smallBody) : undefined
      return auth.handler(new Request(url, { method, headers, ...(body && { body: new Uint8Array(body) }) }))
    })
    app.openapi(meRoute, (c) => {
      const caller = c.get('caller')
      if (caller?.type !== 'operator') throw new ProblemError(401, 'Not signed in', 'sign in to the console')
      return c.json({ operator: caller.operator }, 200)
    })
    app.openapi(setupRoute, async (c) => {
      const { token, email, name, password } = c.req.valid('json')
      const expected = setup.token()
      if (expected === undefined)
        throw new ProblemError(410, 'Already set up', 'an administrator exists: sign in, or ask them for an account')
      if (!sameText(token, expected))
        throw new ProblemError(403, 'Wrong link', 'use the set-up link that the server printed at its last start')
      if (creating)
        throw new ProblemError(409, 'Already being set up', 'another request is creating the first administrator')
      creating = true
      try {
        const operator = await auth.createOperator({ email, name, password, role: 'admin' })
        setup.spend()
        await recordAudit('operator.created', `${operator.email} (admin)`)
        return c.json({ operator }, 201)
      } finally {
        creating = false
      }
    })
  }
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
