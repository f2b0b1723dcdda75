// A small OpenID provider on loopback: discovery, authorize, token with a signed id token, keys. It checks what a provider must check (PKCE,
// the redirect address, the client's secret, a code's one use) and lies as it is told. For tests only.
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const testClient = { id: 'vigil-console', secret: 'a-secret-of-the-client' }

export type Person = { sub: string; email?: string; email_verified?: boolean | string; name?: string }
/** What is wrong with the next answers; nothing by default. */
export type Lies = {
  claims?: Record<string, unknown>
  signsWithForeignKey?: boolean
  leavesIdTokenOut?: boolean
  discoveredIssuer?: string
  isDown?: boolean
}

export type OidcProviderForTest = Awaited<ReturnType<typeof startOidcProvider>>

export async function startOidcProvider() {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const codes = new Map<string, URLSearchParams>()
  const provider = {
    issuer: '',
    person: { sub: 'nobody' } as Person,
    lies: {} as Lies,
    /** What was asked of `/authorize` last. */
    asked: new URLSearchParams(),
    /** Why `/token` refused; empty where it never did. */
    refused: [] as string[],
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', provider.issuer)
    const json = (body: object, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (provider.lies.isDown) return void response.writeHead(503).end()
    if (url.pathname === '/.well-known/openid-configuration') {
      return json({
        issuer: provider.lies.discoveredIssuer ?? provider.issuer,
        authorization_endpoint: `${provider.issuer}/authorize`,
        token_endpoint: `${provider.issuer}/token`,
        jwks_uri: `${provider.issuer}/jwks`,
        id_token_signing_alg_values_supported: ['ES256'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      })
    }
    if (url.pathname === '/jwks')
      return json({ keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }] })
    if (url.pathname === '/authorize') {
      provider.asked = url.searchParams
      const code = randomUUID()
      codes.set(code, url.searchParams)
      const back = new URL(url.searchParams.get('redirect_uri') ?? provider.issuer)
      back.searchParams.set('code', code)
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      return void response.writeHead(302, { location: back.href }).end()
    }
    if (url.pathname === '/token') return json(...tokenFor(new URLSearchParams(await textOf(request))))
    json({}, 404)
  }

  function tokenFor(form: URLSearchParams): [object, number] {
    const asked = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const wrong =
      asked === undefined
        ? 'no such code'
        : asked.get('code_challenge_method') !== 'S256' || challenge !== asked.get('code_challenge')
          ? 'PKCE'
          : form.get('redirect_uri') !== asked.get('redirect_uri')
            ? 'redirect_uri'
            : form.get('client_id') !== testClient.id || form.get('client_secret') !== testClient.secret
              ? 'client'
              : undefined
    if (asked === undefined || wrong !== undefined) {
      provider.refused.push(wrong ?? 'no such code')
      return [{ error: 'invalid_grant' }, 400]
    }
    const nowSeconds = Math.floor(Date.now() / 1_000)
    const claims = {
      iss: provider.issuer,
      aud: testClient.id,
      iat: nowSeconds,
      exp: nowSeconds + 300,
      nonce: asked.get('nonce') ?? undefined,
      ...provider.person,
      ...provider.lies.claims,
    }
    const { privateKey } = provider.lies.signsWithForeignKey ? foreign : own
    return [
      {
        access_token: randomUUID(),
        token_type: 'Bearer',
        expires_in: 300,
        ...(!provider.lies.leavesIdTokenOut && { id_token: signed(claims, privateKey) }),
      },
      200,
    ]
  }
  return provider
}

function signed(claims: object, key: KeyObject): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'ES256', kid: 'k1', typ: 'JWT' })}.${part(claims)}`
  const mac = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${mac.toString('base64url')}`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
