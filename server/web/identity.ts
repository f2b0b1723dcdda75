// Who is asking: a signed-in operator (cookie), an API key, or a session's own token. The answer decides what may be asked at all.
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Sender } from '../control/admit-event.ts'
import type { Role } from '../control/request-control.ts'
import type { Actor } from '../protocol/actor.ts'
import { type HostId, SessionId } from '../protocol/ids.ts'
import { parseSessionToken, sessionTokenMessage } from '../protocol/session-token.ts'
import { ProblemError } from './problem.ts'
import { agentBody, type BodyLimits, sourceBody } from './request-body.ts'

/** `sensor` adds to `ingest`: facts of firewalls, kernels and GPUs are believed as theirs, and not only as a trainer's word. */
export const scopes = ['read', 'ingest', 'sensor', 'control', 'probe', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** A stored key, without the key: only its hash is kept. */
export type KeyRecord = {
  id: string
  name: string
  hash: string
  hint: string
  scopes: Scope[]
  host?: HostId | undefined
  session?: SessionId | undefined
  createdAtMs: number
  revokedAtMs?: number | undefined
}

/** Where keys are looked up; answers from memory, so that a key costs no query per request. */
export type KeyDirectory = {
  byHash(hash: string): KeyRecord | undefined
  byHashPrefix(prefix: string): KeyRecord | undefined
}

export type OperatorSeen = {
  id: string
  name: string
  email: string
  role: Role
  /** Signing in takes a code as well. */
  twoFactor?: boolean
  /** The role that waits until a second factor is set up, where one is required: until then `role` is viewer. */
  waits?: Role
}

export type Caller =
  | { type: 'operator'; operator: OperatorSeen }
  | { type: 'key'; key: KeyRecord }
  | { type: 'session-token'; session: SessionId; key: KeyRecord }

export type OperatorLookup = (headers: Headers) => Promise<OperatorSeen | undefined>

export function hashKey(key: string): string {
  return hash('sha256', key)
}

export type Identify = (headers: Headers) => Promise<Caller | undefined>

/** Answers undefined when nothing was presented; throws 401 when what was presented is not valid (any more). */
export function createIdentify(keys: KeyDirectory, operatorOf: OperatorLookup): Identify {
  return async (headers) => {
    const authorization = headers.get('authorization')
    if (authorization !== null) {
      const bearer = /^Bearer\s+(\S{1,1024})$/i.exec(authorization.trim())?.[1]
      if (bearer === undefined) throw new ProblemError(401, 'Not signed in', 'authorization must be "Bearer KEY"')
      return callerOfBearer(keys, bearer)
    }
    if (!headers.has('cookie')) return undefined
    const operator = await operatorOf(headers)
    return operator && { type: 'operator', operator }
  }
}

export function callerOfBearer(keys: KeyDirectory, bearer: string): Caller {
  const token = parseSessionToken(bearer)
  if (token) {
    const key = keys.byHashPrefix(token.probeKeyHashPrefix)
    // Only a probe's key vouches for sessions: any other key would widen its own rights by deriving tokens.
    if (!key || key.revokedAtMs !== undefined || !key.scopes.includes('probe')) {
      throw new ProblemError(401, 'Unknown token', 'the key behind this session token is unknown or revoked')
    }
    const expected = createHmac('sha256', key.hash).update(sessionTokenMessage(token.session)).digest('base64url')
    const session = SessionId.safeParse(token.session)
    if (!session.success || !sameText(expected, token.mac)) {
      throw new ProblemError(401, 'Unknown token', 'this session token does not verify')
    }
    return { type: 'session-token', session: session.data, key }
  }
  const key = keys.byHash(hashKey(bearer))
  if (!key) throw new ProblemError(401, 'Unknown key', 'this API key is not known here: make one with `vigil key`')
  if (key.revokedAtMs !== undefined) throw new ProblemError(401, 'Revoked key', `the key "${key.name}" was revoked`)
  return { type: 'key', key }
}

/** Operators read and, by role, control and administer; they do not ingest. */
export function mayDo(caller: Caller, scope: Scope): boolean {
  if (caller.type === 'operator') return operatorMay(caller.operator.role, scope)
  return caller.type === 'key' ? caller.key.scopes.includes(scope) : scope === 'ingest'
}

/** Throws 401 or 403 unless the caller may do `scope`. */
export function requireScope(caller: Caller | undefined, scope: Scope): Caller {
  if (!caller) throw new ProblemError(401, 'Not signed in', 'send "authorization: Bearer KEY", or sign in')
  if (!mayDo(caller, scope))
    throw new ProblemError(403, 'Not allowed', `this ${caller.type} does not have the right "${scope}"`)
  return caller
}

function operatorMay(role: Role, scope: Scope): boolean {
  if (scope === 'read') return true
  if (scope === 'control') return role !== 'viewer'
  return scope === 'admin' && role === 'admin'
}

/** As whom a caller's events enter the log. A session's token is in the agent's hands: worth what the agent's word is worth. */
export function senderOf(caller: Caller): Sender {
  if (caller.type === 'session-token')
    return {
      type: 'source',
      name: `session/${caller.session}`,
      trust: 'agent',
      session: caller.session,
      host: caller.key.host,
    }
  if (caller.type === 'key') {
    return {
      type: 'source',
      name: `key/${caller.key.id}`,
      trust: 'trainer',
      host: caller.key.host,
      session: caller.key.session,
    }
  }
  throw new ProblemError(403, 'Not allowed', 'operators do not ingest: use an API key')
}

/** How much a caller may send at once. */
export function bodyLimitsOf(caller: Caller): BodyLimits {
  return caller.type === 'session-token' ? agentBody : sourceBody
}

export function actorOf(caller: Caller): Actor {
  if (caller.type === 'operator')
    return { type: 'operator', id: caller.operator.id, name: caller.operator.name || caller.operator.email }
  return { type: 'key', id: caller.key.id, name: caller.key.name }
}

export function roleOf(caller: Caller): Role {
  if (caller.type === 'operator') return caller.operator.role
  if (caller.type === 'session-token') return 'viewer'
  if (caller.key.scopes.includes('admin')) return 'admin'
  return caller.key.scopes.includes('control') ? 'responder' : 'viewer'
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
