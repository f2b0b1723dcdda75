// Operators sign in with better-auth, set up in `better-auth.ts`. Nothing of sessions, passwords or codes is home-made here.
import type { Role } from '../control/request-control.ts'
import { createAuthDoor } from './auth-door.ts'
import { type BetterAuthOptions, buildBetterAuth } from './better-auth.ts'
import type { OperatorSeen } from './identity.ts'
import { createCookieLookup } from './known-cookies.ts'
import { discover, type OidcSettings, oidcCallback } from './oidc.ts'
import { ProblemError } from './problem.ts'
import { createRateCounts } from './rate-counts.ts'
import type { SignInChange } from './sign-in-watch.ts'

export type AuthOptions = Omit<BetterAuthOptions, 'tell' | 'oidc' | 'requireMayJoin' | 'rateCounts'> & {
  /** Throws when nobody may become an operator with this role now. */
  requireMayJoin?(role: Role): void
  /** `origin`: under which browsers reach the console, and the provider sends them back. */
  oidc?: { settings: OidcSettings; origin: string; onError(error: unknown): void } | undefined
  /** Who is behind a session's token now; undefined where it has ended. */
  readSignedIn(token: string): Promise<(Omit<OperatorSeen, 'role'> & { role: string }) | undefined>
  nowMs(): number
  /** Something happened at the door; whoever stands there does not wait for it. */
  onSignIn?(change: SignInChange, operator: OperatorSeen, note?: string): void
  /** Too many wrong passwords from an address; `operator` where they were all for one that there is. */
  onSignInLimited?(address: string, operator?: OperatorSeen): void
}

const discoverAgainMs = 1_000
const prepareMs = 10_000

async function withTimeLimit<T>(asked: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${prepareMs} ms`)), prepareMs)
  })
  return await Promise.race([asked, late]).finally(() => clearTimeout(timer))
}

/** More than any team that shares one console. */
const operatorsMax = 1_000

/** `joined`: they can sign in. */
export type OperatorListed = OperatorSeen & { joined: boolean; twoFactor: boolean; createdAtMs: number }

export class EmailTakenError extends Error {
  override name = 'EmailTakenError'
}

export type Auth = ReturnType<typeof createAuth>

export function createAuth(options: AuthOptions) {
  const rateCounts = createRateCounts(options.nowMs)
  const build = (oidc?: BetterAuthOptions['oidc']) =>
    buildBetterAuth({
      ...options,
      rateCounts,
      oidc,
      requireMayJoin: (role) => options.requireMayJoin?.(role),
      tell: (change, user, note) => options.onSignIn?.(change, seenOf(user), note),
    })
  let auth = build()

  // A provider that is away keeps neither the console from starting nor a password from working: it is asked again when somebody comes.
  let isReady = false
  let asking: Promise<void> | undefined
  let failed: { atMs: number } | undefined
  async function prepareSingleSignOn({ settings, origin }: NonNullable<AuthOptions['oidc']>): Promise<void> {
    const discovered = await discover(settings)
    const prepared = build({ settings, discovered, redirectUri: origin + oidcCallback })
    const context = await withTimeLimit(prepared.$context)
    if (context.socialProviders.length === 0)
      throw new Error('better-auth did not accept what the provider says of itself')
    auth = prepared
    isReady = true
  }
  async function readySingleSignOn(): Promise<void> {
    const { oidc } = options
    if (isReady) return
    if (!oidc) throw new ProblemError(404, 'No single sign-on', 'this console has none configured')
    const isTooSoon = failed !== undefined && options.nowMs() - failed.atMs < discoverAgainMs
    if (!isTooSoon) {
      asking ??= prepareSingleSignOn(oidc).finally(() => {
        asking = undefined
      })
      try {
        return await asking
      } catch (error) {
        failed = { atMs: options.nowMs() }
        oidc.onError(error)
      }
    }
    throw new ProblemError(
      503,
      'Single sign-on is not there',
      `${oidc.settings.name} does not answer as it should; the server log says why. A password works all the same`,
    )
  }

  async function listOperators(): Promise<OperatorListed[]> {
    const { internalAdapter, adapter } = await auth.$context
    const users = await internalAdapter.listUsers(operatorsMax, 0, { field: 'createdAt', direction: 'asc' })
    const accounts = await adapter.findMany<{ userId: string }>({ model: 'account', limit: operatorsMax * 4 })
    const joined = new Set(accounts.map((each) => each.userId))
    return users.map((user) => ({
      ...seenOf(user),
      joined: joined.has(user.id),
      twoFactor: seenOf(user).twoFactor === true,
      createdAtMs: user.createdAt.getTime(),
    }))
  }

  async function tellLimited(address: string, account: string | undefined): Promise<void> {
    const { internalAdapter } = await auth.$context
    // What a stranger typed is not told: only whom it was meant for, if there is such a person.
    const user = account === undefined ? undefined : await internalAdapter.findUserByEmail(account)
    options.onSignInLimited?.(address, user ? seenOf(user.user) : undefined)
  }

  const operatorOf = createCookieLookup<OperatorSeen>({
    async verify(headers) {
      const found = await auth.api.getSession({ headers })
      return found ? { operator: seenOf(found.user), token: found.session.token } : undefined
    },
    async read(token) {
      const signedIn = await options.readSignedIn(token)
      return signedIn && seenOf(signedIn)
    },
    nowMs: options.nowMs,
  })

  return {
    /** Answers a request under `/api/auth`. Throws ProblemError. */
    handler: createAuthDoor({
      handle: (request) => auth.handler(request),
      nowMs: options.nowMs,
      readySingleSignOn,
      onLimited(address, account) {
        // Without its name where the store cannot be asked: that it happened is told in any case.
        tellLimited(address, account).catch(() => options.onSignInLimited?.(address))
      },
    }),
    operatorOf,
    /** What the sign-in page offers besides a password. */
    singleSignOn: options.oidc && { name: options.oidc.settings.name },
    /** Throws ProblemError where the provider is not there. */
    readySingleSignOn,
    async hasOperators(): Promise<boolean> {
      const context = await auth.$context
      return (await context.internalAdapter.countTotalUsers()) > 0
    },
    /** Operators who have joined and have at least this role: any two of them can be the second person for each other. */
    async countDeciders(role: 'responder' | 'admin' = 'responder'): Promise<number> {
      const isEnough = (own: Role) => own === 'admin' || own === role
      return (await listOperators()).filter((each) => each.joined && isEnough(each.role)).length
    },
    listOperators,
    /** An operator who cannot sign in until they set a password. Throws `EmailTakenError`. */
    async inviteOperator(
      operator: { email: string; name: string; role: Role },
      link: { tokenHash: string; expiresAtMs: number },
    ): Promise<OperatorSeen> {
      const { internalAdapter } = await auth.$context
      const { name, role } = operator
      const email = operator.email.toLowerCase()
      if (await internalAdapter.findUserByEmail(email)) throw new EmailTakenError(email)
      const { id } = await internalAdapter.createUser({ email, name, emailVerified: true, role }, { method: 'admin' })
      const expiresAt = new Date(link.expiresAtMs)
      await internalAdapter.createVerificationValue({ identifier: invitation(link.tokenHash), value: id, expiresAt })
      return { id, name, email, role }
    },
    /**
     * Spends the link, whether or not it is still in time; undefined when it does not let anybody in (any more).
     * `requireMayJoin` throws when nobody may join with this role now: then the link is not spent.
     */
    async acceptInvitation(
      tokenHash: string,
      password: string,
      requireMayJoin: (role: Role) => void,
    ): Promise<OperatorSeen | undefined> {
      const context = await auth.$context
      const { internalAdapter } = context
      const link = await internalAdapter.findVerificationValue(invitation(tokenHash))
      const invited = link && (await internalAdapter.findUserById(link.value))
      if (invited) requireMayJoin(seenOf(invited).role)
      const spent = await internalAdapter.consumeVerificationValue(invitation(tokenHash))
      const user = spent && (await internalAdapter.findUserById(spent.value))
      if (!user || (await internalAdapter.findAccounts(user.id)).length > 0) return undefined
      // Once more: the role or the policy may have changed in between.
      requireMayJoin(seenOf(user).role)
      await internalAdapter.linkAccount({
        userId: user.id,
        accountId: user.id,
        providerId: 'credential',
        password: await context.password.hash(password),
      })
      return seenOf(user)
    },
    /** Holds from the next request on: the role is read anew with every one. */
    async setRole(id: string, role: Role): Promise<void> {
      const { internalAdapter } = await auth.$context
      await internalAdapter.updateUser(id, { role })
    },
    /** Their second factor and what they signed in with it are gone; false where there was none. */
    async resetTwoFactor(id: string): Promise<boolean> {
      const { internalAdapter, adapter } = await auth.$context
      const gone = await adapter.deleteMany({ model: 'twoFactor', where: [{ field: 'userId', value: id }] })
      await internalAdapter.updateUser(id, { twoFactorEnabled: false })
      await internalAdapter.deleteUserSessions(id)
      return gone > 0
    },
    /** With everything they could sign in with; their sessions end. */
    async removeOperator(id: string): Promise<void> {
      const { internalAdapter } = await auth.$context
      await internalAdapter.deleteUser(id)
    },
    /** Creates an operator with a password. Throws when the email is taken. */
    async createOperator(operator: {
      email: string
      name: string
      password: string
      role: Role
    }): Promise<OperatorSeen> {
      const context = await auth.$context
      const email = operator.email.toLowerCase()
      const created = await context.internalAdapter.createUser(
        {
          email,
          name: operator.name,
          emailVerified: true,
          role: operator.role,
        },
        { method: 'email-password' },
      )
      const password = await context.password.hash(operator.password)
      await context.internalAdapter.linkAccount({
        userId: created.id,
        accountId: created.id,
        providerId: 'credential',
        password,
      })
      return { id: created.id, name: operator.name, email, role: operator.role }
    },
  }
}

function seenOf(user: { id: string; name: string; email: string }): OperatorSeen {
  const { id, name, email } = user
  const { role, twoFactorEnabled, twoFactor } = user as Record<string, unknown>
  return { id, name, email, role: roleFrom(role), twoFactor: twoFactorEnabled === true || twoFactor === true }
}

function invitation(tokenHash: string): string {
  return `invitation:${tokenHash}`
}

function roleFrom(value: unknown): Role {
  return value === 'admin' || value === 'responder' ? value : 'viewer'
}
