// Operators sign in with better-auth (password now; TOTP and OIDC are its plugins). Nothing of sessions or passwords is home-made here.
import { hash } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { prismaAdapter } from 'better-auth/adapters/prisma'
import type { Role } from '../control/request-control.ts'
import type { OperatorSeen } from './identity.ts'
import { createCookieLookup } from './known-cookies.ts'

export const passwordLengthMin = 12

export type AuthOptions = {
  /** A Prisma client with the Operator… models. */
  prisma: object
  secret: string
  baseUrl: string
  /** Other nodes, with other addresses, take over what begins here. */
  severalNodes?: boolean
  /** Further origins the console is opened under. */
  origins: string[]
  /** Who is behind a session's token now; undefined where it has ended. */
  readSignedIn(token: string): Promise<(Omit<OperatorSeen, 'role'> & { role: string }) | undefined>
  nowMs(): number
  /** Called when a session of theirs has begun; the sign-in itself does not wait for it. */
  onSignedIn?(operator: OperatorSeen): void
}

/** More than any team that shares one console. */
const operatorsMax = 1_000

/** `joined`: they have set a password and can sign in. */
export type OperatorListed = OperatorSeen & { joined: boolean; createdAtMs: number }

export class EmailTakenError extends Error {
  override name = 'EmailTakenError'
}

export type Auth = ReturnType<typeof createAuth>

export function createAuth(options: AuthOptions) {
  const auth = betterAuth({
    database: prismaAdapter(options.prisma, { provider: 'postgresql' }),
    secret: options.secret,
    baseURL: options.baseUrl,
    basePath: '/api/auth',
    trustedOrigins: options.origins,
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: passwordLengthMin },
    user: {
      modelName: 'Operator',
      additionalFields: { role: { type: 'string', required: false, defaultValue: 'viewer', input: false } },
    },
    session: { modelName: 'OperatorSession', expiresIn: 60 * 60 * 24 * 7 },
    account: { modelName: 'OperatorAccount' },
    verification: { modelName: 'OperatorVerification' },
    // A laptop's whole team may come from one address; sixty tries a minute still leave a guesser of twelve characters nowhere.
    rateLimit: { enabled: true, customRules: { '/sign-in/email': { window: 60, max: 60 } } },
    advanced: {
      // Two consoles on one machine (npm start and npm run dev) must not sign each other out: cookies know no ports. What nodes of one console
      // have in common is their database.
      cookiePrefix: `vigil-${options.severalNodes ? hash('sha256', options.secret).slice(0, 8) : new URL(options.baseUrl).port}`,
      ipAddress: { ipAddressHeaders: ['x-vigil-remote'] },
    },
    databaseHooks: {
      session: {
        create: {
          async after({ userId }) {
            const { internalAdapter } = await auth.$context
            const user = await internalAdapter.findUserById(userId)
            if (user) options.onSignedIn?.(seenOf(user))
          },
        },
      },
    },
    logger: { level: 'warn' },
  })

  async function listOperators(): Promise<OperatorListed[]> {
    const { internalAdapter, adapter } = await auth.$context
    const users = await internalAdapter.listUsers(operatorsMax, 0, { field: 'createdAt', direction: 'asc' })
    const accounts = await adapter.findMany<{ userId: string }>({ model: 'account', limit: operatorsMax * 4 })
    const joined = new Set(accounts.map((each) => each.userId))
    return users.map((user) => ({
      ...seenOf(user),
      joined: joined.has(user.id),
      createdAtMs: user.createdAt.getTime(),
    }))
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
    handler: (request: Request): Promise<Response> => auth.handler(request),
    operatorOf,
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
  return { id, name, email, role: roleFrom((user as { role?: unknown }).role) }
}

function invitation(tokenHash: string): string {
  return `invitation:${tokenHash}`
}

function roleFrom(value: unknown): Role {
  return value === 'admin' || value === 'responder' ? value : 'viewer'
}
