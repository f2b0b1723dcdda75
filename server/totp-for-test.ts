// An authenticator, and a browser that keeps its cookies. For tests only.
import { createHmac } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 6238 with SHA-1, six digits, thirty seconds. `steps`: how many periods from now. */
export function totpCode(uri: string, nowMs: number, steps = 0): string {
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000) + steps))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export type Answered = { status: number; headers: Headers; said: Record<string, unknown> }

/** As a browser at this console: cookies that are set are kept and sent, those that are ended are not. */
export function browserOf(url: string) {
  const cookies = new Map<string, string>()
  async function ask(method: string, path: string, body?: object): Promise<Answered> {
    const answer = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        origin: url,
        ...(cookies.size > 0 && { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    for (const each of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
      if (value === '' || /max-age=0/i.test(each)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const said = (await answer.json().catch(() => ({}))) as Record<string, unknown>
    return { status: answer.status, headers: answer.headers, said }
  }
  return {
    ask,
    post: (path: string, body: object = {}) => ask('POST', path, body),
    cookies,
    me: async () => (await ask('GET', '/api/me')).said.operator as Record<string, unknown> | undefined,
    signIn: (email: string, password: string) => ask('POST', '/api/auth/sign-in/email', { email, password }),
  }
}
export type Browser = ReturnType<typeof browserOf>
