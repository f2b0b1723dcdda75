// Who am I, the first administrator, and better-auth's own paths.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import type { ConsoleState } from '../model/state.ts'
import { ShownBundle } from '../protocol/shown-bundle.ts'
import type { ApiApp } from './api-app.ts'
import type { Auth } from './auth.ts'
import { passwordLengthMin } from './better-auth.ts'
import { emailOf } from './email.ts'
import { hashOfInvitation, isInvitation, requireMayRaise } from './invitation.ts'
import { ProblemError } from './problem.ts'
import { remoteAddressOf } from './remote-address.ts'
import { readBody, smallBody } from './request-body.ts'

const Operator = z.object({ id: z.string(), name: z.string(), email: z.string(), role: z.string() })

const Me = Operator.extend({
  twoFactor: z.boolean().optional().describe('signing in takes a code as well as the password'),
  waits: z.string().optional().describe('the role that holds once a second factor is set up: here one is required'),
})

const meRoute = createRoute({
  method: 'get',
  path: '/api/me',
  summary: 'The signed-in operator',
  responses: {
    200: {
      description: 'signed in',
      content: { 'application/json': { schema: z.object({ operator: Me, shows: ShownBundle.optional() }) } },
    },
  },
})

const signInRoute = createRoute({
  method: 'get',
  path: '/api/sign-in',
  summary: 'What the sign-in page offers besides email and password',
  responses: {
    200: {
      description: 'ways in',
      content: {
        'application/json': { schema: z.object({ singleSignOn: z.object({ name: z.string() }).optional() }) },
      },
    },
  },
})

const setupRoute = createRoute({
  method: 'post',
  path: '/api/setup',
  summary: 'Set a password with a one-time link: the first administrator’s, or that of somebody who was invited',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({
            token: z.string().max(200),
            email: emailOf().optional().describe('of the first administrator; an invitation has its own'),
            name: z.string().trim().min(1, 'a name is needed').max(100).optional().describe('likewise'),
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
  state: ConsoleState,
  recordAudit: (change: string, subject: string) => Promise<void>,
  /** The bundle that this console shows. */
  shows?: ShownBundle,
) {
  let creating = false
  return (app: ApiApp): void => {
    app.on(['GET', 'POST'], '/api/auth/*', async (c) => {
      // The address that better-auth's rate limit counts by is the socket's: a header from outside would be the guesser's choice.
      const headers = new Headers(c.req.raw.headers)
      headers.set('x-vigil-remote', remoteAddressOf(c.env.incoming))
      const { method, url } = c.req
      const body = method === 'POST' ? await readBody(c.env.incoming, smallBody) : undefined
      return auth.handler(new Request(url, { method, headers, ...(body && { body: new Uint8Array(body) }) }))
    })
    app.openapi(meRoute, (c) => {
      const caller = c.get('caller')
      if (caller?.type !== 'operator') throw new ProblemError(401, 'Not signed in', 'sign in to the console')
      return c.json({ operator: caller.operator, ...(shows && { shows }) }, 200)
    })
    app.openapi(signInRoute, (c) => c.json(auth.singleSignOn ? { singleSignOn: auth.singleSignOn } : {}, 200))
    app.openapi(setupRoute, async (c) => {
      const { token, email, name, password } = c.req.valid('json')
      if (isInvitation(token)) return c.json({ operator: await join(token, password) }, 201)
      const expected = setup.token()
      if (expected === undefined)
        throw new ProblemError(410, 'Already set up', 'an administrator exists: sign in, or ask them for an account')
      if (!sameText(token, expected))
        throw new ProblemError(403, 'Wrong link', 'use the set-up link that the server printed at its last start')
      if (email === undefined || name === undefined)
        throw new ProblemError(422, 'Request does not fit', 'the first administrator needs an email and a name')
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

  async function join(token: string, password: string): Promise<z.infer<typeof Operator>> {
    const operator = await auth.acceptInvitation(hashOfInvitation(token), password, (role) =>
      requireMayRaise(state, role),
    )
    if (!operator) {
      throw new ProblemError(
        410,
        'Link is spent',
        'an invitation works once and for 72 hours: ask an administrator to invite you again',
      )
    }
    await recordAudit('operator.joined', `${operator.email} (${operator.role})`)
    return operator
  }
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
