// How better-auth is set up: which of its doors are open, how often one may try, and what its tables are called here.
import { hash } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { prismaAdapter } from 'better-auth/adapters/prisma'
import { twoFactor } from 'better-auth/plugins/two-factor'
import type { Role } from '../control/request-control.ts'
import { type Discovered, type OidcSettings, oidcPlugin, oidcProvider, requireMayLink } from './oidc.ts'
import type { RateCounts } from './rate-counts.ts'
import { type TellSignIn, watchSignIns } from './sign-in-watch.ts'

export const passwordLengthMin = 12

export type BetterAuthOptions = {
  /** A Prisma client with the Operator… models. */
  prisma: object
  secret: string
  baseUrl: string
  /** Other nodes, with other addresses, take over what begins here. */
  severalNodes?: boolean | undefined
  /** Further origins the console is opened under. */
  origins: string[]
  tell: TellSignIn
  rateCounts: RateCounts
  /** Throws when nobody may become an operator with this role now. */
  requireMayJoin(role: Role): void
  /** Single sign-on, once its provider said who it is. */
  oidc?: { settings: OidcSettings; discovered: Discovered; redirectUri: string } | undefined
}

export type BetterAuth = ReturnType<typeof buildBetterAuth>

/**
 * Paths under `/api/auth` that the console uses. better-auth has more (changing one's name, telling a secret again, codes by mail), and what
 * is not used here is not there.
 */
export const authPaths =
  /^\/api\/auth\/(ok|sign-in\/(email|social)|link-social|callback\/oidc|sign-up\/email|sign-out|get-session|list-accounts|list-sessions|revoke-(session|sessions|other-sessions)|change-password|two-factor\/(enable|disable|verify-totp|verify-backup-code|generate-backup-codes))$/

export function buildBetterAuth(options: BetterAuthOptions) {
  return betterAuth({
    appName: 'Vigil',
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
    // What a provider gives besides a name is not used, so it is not kept.
    account: { modelName: 'OperatorAccount', updateAccountOnSignIn: false },
    onAPIError: { errorURL: '/sign-in' },
    databaseHooks: {
      account: {
        create: {
          async before(account, context) {
            if (account.providerId !== oidcProvider) return
            await requireMayLink(account.userId, context, options.requireMayJoin)
            return { data: withoutTokens(account) }
          },
          async after({ userId, providerId }, context) {
            if (providerId !== oidcProvider) return
            const user = await context?.context.internalAdapter.findUserById(userId)
            if (user) options.tell('operator.single-sign-on-linked', user)
          },
        },
      },
    },
    verification: { modelName: 'OperatorVerification' },
    rateLimit: {
      enabled: true,
      customStorage: options.rateCounts,
      customRules: {
        // A laptop's whole team may come from one address; sixty tries a minute still leave a guesser of twelve characters nowhere.
        '/sign-in/email': { window: 60, max: 60 },
        // Of codes too: five with one password, ten in a row with one account, are counted beside it.
        '/two-factor/*': { window: 60, max: 60 },
        '/sign-in/social': { window: 60, max: 60 },
      },
    },
    advanced: {
      // Two consoles on one machine (npm start and npm run dev) must not sign each other out: cookies know no ports.
      // What nodes of one console have in common is their database.
      cookiePrefix: `vigil-${options.severalNodes ? hash('sha256', options.secret).slice(0, 8) : new URL(options.baseUrl).port}`,
      ipAddress: { ipAddressHeaders: ['x-vigil-remote'] },
    },
    // In this order: what is told of a sign-in is what the second factor left of it.
    plugins: [
      secondFactor(),
      watchSignIns(options.tell),
      ...(options.oidc ? [oidcPlugin(options.oidc.settings, options.oidc.discovered, options.oidc.redirectUri)] : []),
    ],
    logger: { level: 'warn' },
  })
}

/** After ten wrong codes in a row an account waits; whoever is signed in stays so. */
export const codesLockedSeconds = 900

function withoutTokens<T extends object>(account: T): T {
  return { ...account, accessToken: undefined, refreshToken: undefined, idToken: undefined }
}

function secondFactor() {
  const plugin = twoFactor({
    issuer: 'Vigil',
    twoFactorTable: 'OperatorTwoFactor',
    allowPasswordless: true,
    accountLockout: { maxFailedAttempts: 10, durationSeconds: codesLockedSeconds },
  })
  // better-auth asks for a code after a password. Whoever set one up here is asked after single sign-on as well.
  for (const hook of plugin.hooks.after) {
    const isAsked = hook.matcher
    hook.matcher = (context) => isAsked(context) || context.path === '/callback/:id'
  }
  return plugin
}
