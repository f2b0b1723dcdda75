// Operators sign in with better-auth (password now; TOTP and OIDC are its plugins). Nothing of sessions or passwords is home-made here.
import { betterAuth } from 'better-auth'
import { prismaAdapter } from 'better-auth/adapters/prisma'
import type { Role } from '../control/request-control.ts'
import type { OperatorSeen } from './identity.ts'

export const passwordLengthMin = 12

export type AuthOptions = {
  /** A Prisma client with the Operator… models. */
  prisma: object
  secret: string
  baseUrl: string
  /** Further origins the console is opened under. */
  origins: string[]
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
      // Two consoles on one machine (npm start and npm run dev) must not sign each other out: cookies know no ports.
      cookiePrefix: `vigil-${new URL(options.baseUrl).port}`,
      ipAddress: { ipAddressHeaders: ['x-vigil-remote'] },
    },
    logger: { level: 'warn' },
  })

  return {
    handler: (request: Request): Promise<Response> => auth.handler(request),
    async operatorOf(headers: Headers): Promise<OperatorSeen | undefined> {
      const found = await auth.api.getSession({ headers })
      if (!found) return undefined
      const { id, name, email, role } = found.user
      return { id, name, email, role: roleFrom(role) }
    },
    async hasOperators(): Promise<boolean> {
      const context = await auth.$context
      return (await context.internalAdapter.countTotalUsers()) > 0
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

function roleFrom(value: unknown): Role {
  return value === 'admin' || value === 'responder' ? value : 'viewer'
}
