// What happens at the door, told as it happened: better-auth asks these hooks with each of its answers. A password alone is no sign-in where
// a second factor is due. Neither a password nor a code is ever part of what is told.
import { createHash } from 'node:crypto'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware, getSessionFromCtx, isAPIError } from 'better-auth/api'

export type SignInChange =
  | 'operator.signed-in'
  | 'operator.sign-in-failed'
  | 'operator.single-sign-on-linked'
  | 'operator.second-factor-on'
  | 'operator.second-factor-off'
  | 'operator.backup-code-used'
  | 'operator.backup-codes-made'
  | 'operator.password-changed'

type User = { id: string; name: string; email: string }
/** `note`: what a reader of the audit wants to know besides. */
export type TellSignIn = (change: SignInChange, operator: User, note?: string) => void

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0]

/** A code is true for a minute and a half at most; kept for longer than that. */
const usedCodeMs = 5 * 60_000

export function watchSignIns(tell: TellSignIn) {
  return {
    id: 'vigil-sign-in-watch',
    hooks: {
      before: [
        {
          matcher: ({ path }) => path?.startsWith('/two-factor/') ?? false,
          handler: createAuthMiddleware(beforeFactor),
        },
        {
          matcher: ({ path }) => path === '/sign-in/social' || path === '/link-social',
          handler: createAuthMiddleware(beforeSingleSignOn),
        },
      ],
      after: [{ matcher: () => true, handler: createAuthMiddleware((context) => tellOf(context, tell)) }],
    },
  } satisfies BetterAuthPlugin
}

const askedOfProvider = new Set(['provider', 'callbackURL', 'errorCallbackURL', 'disableRedirect'])

/** A path of this console. */
const ownPath = /^\/(?![/\\])[\x21-\x7e]{0,1000}$/

/** better-auth would also take a token that a program brings, other scopes and other addresses: no page of ours asks for them. */
async function beforeSingleSignOn(context: Context): Promise<void> {
  const body = (context.body ?? {}) as Record<string, unknown>
  const more = Object.keys(body).filter((name) => !askedOfProvider.has(name))
  if (more.length > 0)
    throw new APIError('BAD_REQUEST', { message: `single sign-on takes no ${more[0]?.slice(0, 40)}` })
  for (const where of [body.callbackURL, body.errorCallbackURL])
    if (where !== undefined && !(typeof where === 'string' && ownPath.test(where)))
      throw new APIError('BAD_REQUEST', { message: 'single sign-on leads back to a page of this console' })
}

async function beforeFactor(context: Context): Promise<void> {
  const body = (context.body ?? {}) as { trustDevice?: unknown; code?: unknown; password?: unknown }
  // A device that is trusted for a month is one factor again.
  if (body.trustDevice) throw new APIError('BAD_REQUEST', { message: 'no device is trusted without a code here' })
  // Who has no password (single sign-on) may set a second factor up; taking it away is an admin's then, or a stolen cookie could.
  const takesPassword = /\/(disable|generate-backup-codes)$/.test(context.path)
  if (takesPassword && !body.password)
    throw new APIError('BAD_REQUEST', { message: 'this takes your password; without one, ask an admin to reset it' })
  if (context.path !== '/two-factor/verify-totp' || typeof body.code !== 'string') return
  const user = await challengedUser(context)
  if (!user) return
  // RFC 6238, 5.2: a code is accepted once, also by whoever looked over a shoulder. The first to ask has it, on any node.
  const code = createHash('sha256').update(`${user.id} ${body.code}`).digest('base64url')
  const isFirst = await context.context.internalAdapter.reserveVerificationValue({
    identifier: `totp-used:${code}`,
    value: 'used',
    expiresAt: new Date(Date.now() + usedCodeMs),
  })
  if (!isFirst)
    throw new APIError('UNAUTHORIZED', {
      code: 'CODE_USED',
      message: 'this code was used already: wait for the next one',
    })
}

async function tellOf(context: Context, tell: TellSignIn): Promise<void> {
  const { returned, newSession: begun } = context.context
  const refused = isAPIError(returned) ? returned.statusCode : undefined
  switch (context.path) {
    case '/sign-in/email': {
      if (begun) return tell('operator.signed-in', begun.user)
      const email = (context.body as { email?: unknown } | undefined)?.email
      if (refused !== 401 || typeof email !== 'string') return
      // Only whom there is: what a stranger types does not go into the log.
      const found = await context.context.internalAdapter.findUserByEmail(email.toLowerCase())
      if (found) tell('operator.sign-in-failed', found.user, 'password')
      return
    }
    case '/callback/:id': {
      if (begun) return tell('operator.signed-in', begun.user, 'single sign-on')
      // The code is due: better-auth says so in JSON, and here a browser stands.
      if ((returned as { twoFactorRedirect?: unknown } | undefined)?.twoFactorRedirect === true)
        throw context.redirect('/sign-in?step=code')
      return
    }
    case '/two-factor/verify-totp':
    case '/two-factor/verify-backup-code': {
      const isBackup = context.path.endsWith('backup-code')
      if (context.context.session) {
        if (!begun) return
        // It was set up a moment ago and is now confirmed: what was signed in before it ends, or a stolen cookie would outlive it.
        const { internalAdapter } = context.context
        const all = await internalAdapter.listSessions(begun.user.id)
        const others = all.filter(({ token }) => token !== begun.session.token).map(({ token }) => token)
        if (others.length > 0) await internalAdapter.deleteSessions(others)
        return tell('operator.second-factor-on', begun.user)
      }
      if (begun) {
        if (isBackup) tell('operator.backup-code-used', begun.user)
        return tell('operator.signed-in', begun.user)
      }
      const user = refused === 401 || refused === 429 ? await challengedUser(context) : undefined
      const what = isBackup ? 'backup code' : 'code'
      if (user) tell('operator.sign-in-failed', user, refused === 429 ? `${what}, locked after ten wrong ones` : what)
      return
    }
    case '/two-factor/disable':
      if (begun) tell('operator.second-factor-off', begun.user)
      return
    case '/change-password':
    case '/two-factor/generate-backup-codes': {
      const session = refused !== undefined ? undefined : await getSessionFromCtx(context)
      const what = context.path === '/change-password' ? 'operator.password-changed' : 'operator.backup-codes-made'
      if (session) tell(what, session.user)
      return
    }
  }
}

/** Who gave the right password a moment ago and owes a code; undefined for somebody who is signed in, or for nobody. */
async function challengedUser(context: Context): Promise<User | undefined> {
  const { internalAdapter, createAuthCookie, secret } = context.context
  const challenge = await context.getSignedCookie(createAuthCookie('two_factor').name, secret)
  if (!challenge) return undefined
  const found = await internalAdapter.findVerificationValue(challenge)
  return found ? ((await internalAdapter.findUserById(found.value)) ?? undefined) : undefined
}
