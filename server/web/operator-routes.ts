// Operators: invited by an admin, who never learns their password. Nobody locks the console out of its last admin, nor a policy of
// two people out of its second person.
import { createRoute, z } from '@hono/zod-openapi'
import type { Role } from '../control/request-control.ts'
import { policyIsOn } from '../control/second-person.ts'
import type { ConsoleState } from '../model/state.ts'
import { PolicyName } from '../protocol/policy.ts'
import type { ApiApp } from './api-app.ts'
import { type Auth, EmailTakenError, type OperatorListed } from './auth.ts'
import { emailOf } from './email.ts'
import { actorOf, type Caller, requireScope } from './identity.ts'
import { invitationMs, newInvitation, requireMayRaise } from './invitation.ts'
import type { RecordAudit } from './key-routes.ts'
import type { Clock } from './ports.ts'
import { ProblemError } from './problem.ts'

const RoleName = z.enum(['viewer', 'responder', 'admin']) satisfies z.ZodType<Role>

const Operator = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: RoleName,
  joined: z.boolean().describe('has set a password; false: invited, and cannot sign in yet'),
  twoFactor: z.boolean().describe('signing in takes a code as well as the password'),
  createdAtMs: z.number(),
})
const Params = z.object({ id: z.string().min(1).max(64) })
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const administratorsRoute = createRoute({
  method: 'get',
  path: '/api/administrators',
  summary: 'Whom to ask for what takes an admin: their names and addresses, for operators',
  responses: {
    200: {
      description: 'administrators',
      content: json(z.object({ administrators: z.array(Operator.pick({ name: true, email: true })) })),
    },
  },
})

const listRoute = createRoute({
  method: 'get',
  path: '/api/operators',
  summary: 'Operators, also those who were invited and have not joined yet',
  responses: { 200: { description: 'operators', content: json(z.object({ operators: z.array(Operator) })) } },
})

const inviteRoute = createRoute({
  method: 'post',
  path: '/api/operators',
  summary: 'Invite an operator; the link in the answer works once and for 72 hours, and is shown this once',
  request: {
    body: {
      required: true,
      content: json(z.object({ email: emailOf(), name: z.string().trim().min(1).max(100), role: RoleName })),
    },
  },
  responses: {
    201: { description: 'invited', content: json(z.object({ operator: Operator, setupUrl: z.string() })) },
  },
})

const roleRoute = createRoute({
  method: 'post',
  path: '/api/operators/{id}/role',
  summary: 'Change what an operator may do; holds from their next request on',
  request: { params: Params, body: { required: true, content: json(z.object({ role: RoleName })) } },
  responses: { 200: { description: 'changed', content: json(z.object({ operator: Operator })) } },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/operators/{id}',
  summary: 'Remove an operator; their sessions end',
  request: { params: Params },
  responses: { 200: { description: 'removed', content: json(z.object({ removed: z.string() })) } },
})

const resetRoute = createRoute({
  method: 'delete',
  path: '/api/operators/{id}/two-factor',
  summary:
    'Take an operator’s second factor away, because its device is lost; their sessions end. Takes a signed-in admin',
  request: { params: Params },
  responses: { 200: { description: 'reset', content: json(z.object({ reset: z.string() })) } },
})

export type OperatorRoutesOptions = {
  auth: Auth
  /** Under which the console is opened; the link is made of it. */
  baseUrl: string
  state: ConsoleState
  clock: Clock
  recordAudit: RecordAudit
}

export function operatorRoutes({ auth, baseUrl, state, clock, recordAudit }: OperatorRoutesOptions) {
  /** One change after the other: two admins who demote each other at once must not both succeed. */
  let newest: Promise<unknown> = Promise.resolve()
  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = newest.then(change)
    newest = turn.catch(() => undefined)
    return turn
  }

  return (app: ApiApp): void => {
    app.openapi(administratorsRoute, async (c) => {
      // A key reads sessions, not whom to write to.
      if (requireScope(c.get('caller'), 'read').type !== 'operator')
        throw new ProblemError(403, 'Not allowed', 'only signed-in operators are told who the administrators are')
      const all = await auth.listOperators()
      const joined = all.filter((each) => each.role === 'admin' && each.joined)
      return c.json({ administrators: joined.map(({ name, email }) => ({ name, email })) }, 200)
    })
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json({ operators: await auth.listOperators() }, 200)
    })
    app.openapi(inviteRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      const by = actorOf(caller)
      const wanted = c.req.valid('json')
      return inTurn(async () => {
        requirePersonToRaise(caller, wanted.role)
        requireMayRaise(state, wanted.role)
        const { token, tokenHash } = newInvitation()
        const expiresAtMs = clock.nowMs() + invitationMs
        const operator = await auth.inviteOperator(wanted, { tokenHash, expiresAtMs }).catch((error: unknown) => {
          if (!(error instanceof EmailTakenError)) throw error
          throw new ProblemError(
            409,
            'Email is taken',
            'an operator has this email; for a new link remove them, then invite again',
          )
        })
        await recordAudit(by, 'operator.invited', `${operator.email} (${operator.role})`)
        const shown = { ...operator, joined: false, twoFactor: false, createdAtMs: clock.nowMs() }
        return c.json({ operator: shown, setupUrl: `${baseUrl}/setup?token=${token}` }, 201)
      })
    })
    app.openapi(roleRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      const by = actorOf(caller)
      const { role } = c.req.valid('json')
      return inTurn(async () => {
        const { found, others } = await find(auth, c.req.valid('param').id)
        if (found.role === role) return c.json({ operator: found }, 200)
        if (rankOf(role) > rankOf(found.role)) {
          requirePersonToRaise(caller, role)
          requireMayRaise(state, role)
        } else requireEnoughLeft(state, found, [...others, { ...found, role }])
        await auth.setRole(found.id, role)
        await recordAudit(by, 'operator.role', `${found.email}: ${found.role} to ${role}`)
        return c.json({ operator: { ...found, role } }, 200)
      })
    })
    app.openapi(resetRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      if (caller.type !== 'operator')
        throw new ProblemError(403, 'Takes a person', 'an API key takes nobody’s second factor away: sign in to do it')
      return inTurn(async () => {
        const { found } = await find(auth, c.req.valid('param').id)
        // A stolen cookie must not be enough: one's own is turned off with the password.
        if (isOneself(caller, found.id))
          throw new ProblemError(
            409,
            'That is you',
            'turn your own off with your password, or ask another administrator',
          )
        if (!(await auth.resetTwoFactor(found.id)))
          throw new ProblemError(409, 'Nothing to reset', `${found.name} has no second factor`)
        await recordAudit(actorOf(caller), 'operator.second-factor-reset', found.email)
        return c.json({ reset: found.id }, 200)
      })
    })
    app.openapi(removeRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      return inTurn(async () => {
        const { found, others } = await find(auth, c.req.valid('param').id)
        if (isOneself(caller, found.id)) {
          throw new ProblemError(409, 'That is you', 'another administrator can remove you')
        }
        if (found.joined) requireEnoughLeft(state, found, others)
        await auth.removeOperator(found.id)
        await recordAudit(actorOf(caller), 'operator.removed', `${found.email} (${found.role})`)
        return c.json({ removed: found.id }, 200)
      })
    })
  }
}

async function find(auth: Auth, id: string): Promise<{ found: OperatorListed; others: OperatorListed[] }> {
  const all = await auth.listOperators()
  const found = all.find((each) => each.id === id)
  if (!found) throw new ProblemError(404, 'No such operator', 'see GET /api/operators')
  return { found, others: all.filter((each) => each.id !== id) }
}

function isOneself(caller: Caller, id: string): boolean {
  return caller.type === 'operator' && caller.operator.id === id
}

function rankOf(role: Role): number {
  return RoleName.options.indexOf(role)
}

/** A key is nobody: what it could make would be a person that nobody ever saw. */
function requirePersonToRaise(caller: Caller, role: Role): void {
  if (role === 'viewer' || caller.type === 'operator') return
  throw new ProblemError(
    403,
    'Takes a person',
    'an API key cannot make anybody responder or admin: sign in to the console and do it there',
  )
}

/** Invited people who have not joined count for nothing. */
function requireEnoughLeft(state: ConsoleState, changed: OperatorListed, left: readonly OperatorListed[]): void {
  const joined = left.filter((each) => each.joined)
  const admins = joined.filter((each) => each.role === 'admin').length
  if (admins === 0) {
    throw new ProblemError(409, 'Last administrator', 'make somebody else an administrator first')
  }
  const takesTwo = PolicyName.options.some((policy) => policyIsOn(state, policy))
  if (takesTwo && joined.filter((each) => each.role !== 'viewer').length < 2) {
    throw new ProblemError(
      409,
      'Needs a second operator',
      'a policy of two people is on, and nobody could confirm any more',
    )
  }
  if (takesTwo && changed.joined && changed.role === 'admin' && admins < 2) {
    throw new ProblemError(
      409,
      'Needs a second administrator',
      'changing settings takes two administrators, and nobody could ever turn that off again',
    )
  }
}
