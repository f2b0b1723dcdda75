// The way to better-auth: the paths that the console uses and no other, the limit on wrong passwords, and refusals in the words of every
// other route (problem+json, Retry-After).
import { z } from 'zod'
import { authPaths, codesLockedSeconds } from './better-auth.ts'
import { ProblemError } from './problem.ts'
import { createSignInLimit } from './sign-in-limit.ts'

export type AuthDoorOptions = {
  handle(request: Request): Promise<Response>
  nowMs(): number
  /** Before anything of single sign-on is asked; throws ProblemError where its provider is not there. */
  readySingleSignOn(): Promise<void>
  /** Told once in a while, not once a try. `account` is what was typed; absent where the address had too many tries of any account. */
  onLimited?(address: string, account?: string): void
}

const limitedToldMs = 60_000
const SignIn = z.object({ email: z.string().max(320) })
const Refusal = z.object({ message: z.string().optional(), code: z.string().optional() })

/** `x-vigil-remote` of the request is the address it came from, and nothing that its sender said. */
export function createAuthDoor({ handle, nowMs, readySingleSignOn, onLimited }: AuthDoorOptions) {
  const limit = createSignInLimit()
  const tellLimited = (address: string, account?: string) => {
    if (limit.isNews(`${address} ${account ?? ''}`, limitedToldMs, nowMs())) onLimited?.(address, account)
  }

  async function signIn(request: Request): Promise<Response> {
    const address = request.headers.get('x-vigil-remote') ?? 'unknown'
    // One format, so that what is counted is what better-auth reads.
    if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
      throw new ProblemError(415, 'Send JSON', 'signing in takes application/json')
    const read = SignIn.safeParse(await request.clone().json())
    if (!read.success) throw new ProblemError(422, 'Request does not fit', 'signing in takes an email and a password')
    const account = read.data.email.toLowerCase()
    const waitSeconds = limit.begin(account, address, nowMs())
    if (waitSeconds !== undefined) {
      tellLimited(address, account)
      return refusal(429, 'too many wrong passwords for this account: wait, then try again', { waitSeconds })
    }
    const answer = await handle(request)
    if (answer.ok) limit.succeeded(account, address)
    else if (answer.status !== 401) limit.notTried(account, address)
    if (answer.status === 429) tellLimited(address)
    return answer
  }

  return async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (!authPaths.test(pathname)) throw new ProblemError(404, 'No such path', 'the console does not offer this')
    if (/\/(sign-in\/social|link-social|callback\/oidc)$/.test(pathname)) await readySingleSignOn()
    const answer = pathname === '/api/auth/sign-in/email' ? await signIn(request) : await handle(request)
    return answer.status < 400 ? answer : await inOurWords(answer)
  }
}

async function inOurWords(answer: Response): Promise<Response> {
  if (answer.headers.get('content-type')?.startsWith('application/problem+json')) return answer
  const said = Refusal.safeParse(await answer.json().catch(() => ({})))
  const { message, code } = said.success ? said.data : {}
  const isLocked = code === 'ACCOUNT_TEMPORARILY_LOCKED'
  const seconds = Number(answer.headers.get('x-retry-after') ?? (isLocked ? codesLockedSeconds : 60))
  return refusal(answer.status, message ?? `the answer was ${answer.status}`, {
    cookies: answer.headers.getSetCookie(),
    ...(code !== undefined && { code }),
    ...(answer.status === 429 && { waitSeconds: seconds }),
  })
}

const titles: Readonly<Record<number, string>> = { 401: 'Not let in', 403: 'Not allowed', 429: 'Too many tries' }

type More = { code?: string; waitSeconds?: number; cookies?: string[] }

function refusal(status: number, detail: string, { code, waitSeconds, cookies = [] }: More): Response {
  const title = titles[status] ?? (status >= 500 ? 'Internal error' : 'Refused')
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  if (waitSeconds !== undefined) headers.set('retry-after', String(waitSeconds))
  // `message`: what better-auth's own client reads.
  const body = { type: 'about:blank', title, status, detail, message: detail, ...(code !== undefined && { code }) }
  return new Response(JSON.stringify(body), { status, headers })
}
