// Single sign-on at one OpenID provider, which whoever runs the console has chosen. The exchange is better-auth's (state, nonce, PKCE, the
// id token's signature, issuer and audience); here is what is asked of a provider before, and what its word is worth.
import type { GenericEndpointContext } from 'better-auth'
import { APIError, getOAuthState } from 'better-auth/api'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { z } from 'zod'
import type { Role } from '../control/request-control.ts'
import { ProblemError } from './problem.ts'

/** In the way back: `/api/auth/callback/oidc`, which the provider must know. */
export const oidcProvider = 'oidc'
export const oidcCallback = `/api/auth/callback/${oidcProvider}`

export type OidcSettings = {
  issuer: string
  clientId: string
  /** Absent: a public client, which PKCE alone vouches for. */
  clientSecret: string | undefined
  /** On the button. */
  name: string
  /** Whoever the provider lets in is a viewer here; otherwise only who was invited. */
  admitsNew: boolean
}

const Discovered = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
  userinfo_endpoint: z.string().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
})
export type Discovered = z.infer<typeof Discovered>

const askMs = 5_000
const answerBytesMax = 256 * 1024

export class OidcError extends Error {
  override name = 'OidcError'
}

/** https, or this machine itself: a token must not cross a wire in the clear. */
export function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username } = new URL(text)
  if (username !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname))
}

export function discoveryUrl(issuer: string): string {
  return `${withoutSlash(issuer)}/.well-known/openid-configuration`
}

/** What the provider says of itself. Throws OidcError with one line for whoever runs the console. */
export async function discover({ issuer }: OidcSettings): Promise<Discovered> {
  const url = discoveryUrl(issuer)
  let said: unknown
  try {
    said = await readJson(url)
  } catch (error) {
    throw new OidcError(`${url} does not answer: ${error instanceof Error ? error.message : String(error)}`)
  }
  const read = Discovered.safeParse(said)
  if (!read.success) throw new OidcError(`${url} is no discovery document: ${read.error.issues[0]?.path.join('.')}`)
  // OpenID Connect Discovery 4.3: otherwise one provider could speak for another.
  if (withoutSlash(read.data.issuer) !== withoutSlash(issuer))
    throw new OidcError(`${url} says that its issuer is ${JSON.stringify(read.data.issuer.slice(0, 200))}`)
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = read.data
  for (const address of [
    authorization_endpoint,
    token_endpoint,
    jwks_uri,
    ...(userinfo_endpoint ? [userinfo_endpoint] : []),
  ])
    if (!isSafeAddress(address)) throw new OidcError(`${url} names ${address.slice(0, 200)}: https is needed`)
  return read.data
}

export function oidcPlugin(settings: OidcSettings, discovered: Discovered, redirectUri: string) {
  const { clientId, clientSecret, name, admitsNew, issuer } = settings
  // Of the specification: without a word about it, a provider takes "basic".
  const takesPost = discovered.token_endpoint_auth_methods_supported?.includes('client_secret_post') ?? false
  return genericOAuth({
    config: [
      {
        providerId: oidcProvider,
        name,
        discoveryUrl: discoveryUrl(issuer),
        clientId,
        ...(clientSecret === undefined
          ? { tokenEndpointAuth: { method: 'none' as const } }
          : { clientSecret, authentication: takesPost ? ('post' as const) : ('basic' as const) }),
        scopes: ['openid', 'email', 'profile'],
        redirectURI: redirectUri,
        pkce: true,
        requireIdTokenVerification: true,
        disableSignUp: !admitsNew,
        disableProviderLogout: true,
        // With the issuer: should another provider be configured one day, its "42" is somebody else.
        accountSubject: ({ profile }) => `${String(profile.iss)} ${String(profile.sub)}`,
        getUserInfo: async ({ idToken, accessToken }) =>
          idToken === undefined ? null : await personOf(idToken, accessToken, discovered),
      },
    ],
  })
}

/**
 * Throws where a provider's word does not make this person an operator here. A verified address is enough to be who was invited with it, and
 * not to take over who has another way in already: they link it themselves, signed in.
 */
export async function requireMayLink(
  userId: string,
  context: GenericEndpointContext | null,
  requireMayJoin: (role: Role) => void,
): Promise<void> {
  const refuse = (code: string) => new APIError('FORBIDDEN', { code, message: code.replaceAll('_', ' ') })
  if (!context) throw refuse('link_in_settings')
  if ((await getOAuthState())?.link) return
  const { internalAdapter } = context.context
  if ((await internalAdapter.findAccounts(userId)).length > 0) throw refuse('link_in_settings')
  const { role } = ((await internalAdapter.findUserById(userId)) ?? {}) as { role?: unknown }
  try {
    requireMayJoin(role === 'admin' || role === 'responder' ? role : 'viewer')
  } catch (error) {
    if (error instanceof ProblemError) throw refuse('takes_two_people')
    throw error
  }
}

const Claims = z.looseObject({
  iss: z.string().min(1),
  sub: z.string().min(1).max(255),
  exp: z.number(),
  email: z.string().max(320).optional(),
  email_verified: z.union([z.boolean(), z.string()]).optional(),
  name: z.string().optional(),
})
const UserInfo = z.looseObject({
  sub: z.string(),
  email: z.string().max(320).optional(),
  email_verified: z.union([z.boolean(), z.string()]).optional(),
  name: z.string().optional(),
})

/** `idToken`: better-auth has verified it. Throws what leads back to the sign-in page where the provider does not vouch for the address. */
async function personOf(idToken: string, accessToken: string | undefined, { userinfo_endpoint }: Discovered) {
  const read = Claims.safeParse(JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8')))
  // Without an end it would be good for ever.
  if (!read.success) return null
  const claims = read.data
  let { email, email_verified, name } = claims
  if (email === undefined && userinfo_endpoint !== undefined && accessToken !== undefined) {
    const more = UserInfo.parse(await readJson(userinfo_endpoint, { authorization: `Bearer ${accessToken}` }))
    // OpenID Connect Core 5.3.2: an answer about somebody else is not used.
    if (more.sub === claims.sub) ({ email, email_verified, name } = { ...more, name: more.name ?? name })
  }
  if (email === undefined) throw backToSignIn('email_not_found')
  // Some say it as a text.
  if (email_verified !== true && email_verified !== 'true') throw backToSignIn('email_not_verified')
  return {
    iss: claims.iss,
    sub: claims.sub,
    email,
    emailVerified: true,
    name: name?.trim().slice(0, 100) || (email.split('@')[0] ?? email),
  }
}

export function backToSignIn(error: string): APIError {
  const location = `/sign-in?${new URLSearchParams({ error })}`
  return new APIError('FOUND', undefined, new Headers({ location }))
}

/** Redirects are not followed: the address is the operator's own configuration, and where it leads is not. */
async function readJson(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await fetch(url, {
    headers: { accept: 'application/json', ...headers },
    redirect: 'error',
    signal: AbortSignal.timeout(askMs),
  })
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  const text = await answer.text()
  if (text.length > answerBytesMax) throw new Error('its answer is too large')
  return JSON.parse(text)
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '')
}
