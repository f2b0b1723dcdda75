// The environment, parsed once. A wrong value is one line that says which and why; nothing falls back silently.
import path from 'node:path'
import { z } from 'zod'
import { passwordLengthMin } from './web/auth.ts'
import { emailOf } from './web/email.ts'

export type Config = {
  port: number
  /** Address to listen on; loopback unless asked otherwise: the console can stop things, so it is not offered to a network by default. */
  host: string
  dataDir: string
  databaseUrl: string | undefined
  /** Under which other nodes on the same database reach this one; undefined: worked out from where it listens. */
  nodeUrl: string | undefined
  /** Given, and of no use: see `docs/several-nodes.md`. */
  hasRedis: boolean
  admin: { email: string; password: string } | undefined
  key: string | undefined
  localProbe: boolean
  /** How often Vigil tests its own pipe; undefined: never. */
  canaryEveryMs: number | undefined
  /** What listens on this machine alone may be sent messages to, too: see `reach.ts`. */
  outgoingToLoopback: boolean
  /** Further origins under which browsers reach the console, for example behind a proxy. */
  origins: string[]
  /** An evidence bundle to show, read only, instead of a log of its own; and the key that must have signed it. */
  bundle: { file: string; key: string | undefined } | undefined
}

export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** Throws ConfigError with one line for the person who started it. */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const port = z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .safeParse(env.PORT ?? 3000)
  if (!port.success) throw new ConfigError(`PORT is ${JSON.stringify(env.PORT)}: give a number from 1 to 65535`)
  const key = env.VIGIL_KEY || undefined
  if (key !== undefined && !/^\S{16,512}$/.test(key)) {
    throw new ConfigError('VIGIL_KEY must be 16 to 512 characters without spaces: it opens everything')
  }
  const databaseUrl = env.DATABASE_URL || undefined
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new ConfigError('DATABASE_URL must start with postgresql://')
  }
  return {
    port: port.data,
    host: env.HOST || '127.0.0.1',
    dataDir: path.resolve(env.VIGIL_DATA || '.vigil'),
    databaseUrl,
    nodeUrl: parseNodeUrl(env.VIGIL_NODE_URL || undefined),
    hasRedis: Boolean(env.REDIS_URL),
    admin: parseAdmin(env.VIGIL_ADMIN || undefined),
    key,
    localProbe: env.VIGIL_PROBE !== 'off' && !env.VIGIL_BUNDLE,
    canaryEveryMs: env.VIGIL_BUNDLE ? undefined : parseCanary(env.VIGIL_CANARY || '10'),
    outgoingToLoopback: parseOutgoing(env.VIGIL_OUTGOING || undefined),
    bundle: env.VIGIL_BUNDLE
      ? { file: path.resolve(env.VIGIL_BUNDLE), key: env.VIGIL_BUNDLE_KEY || undefined }
      : undefined,
    origins: (env.VIGIL_ORIGINS ?? '')
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  }
}

function parseNodeUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^http:\/\/[^/?#@\s]+\/?$/.test(text)) return text
  throw new ConfigError(
    `VIGIL_NODE_URL is ${JSON.stringify(text)}: give http://ADDRESS:PORT, as other nodes reach this one`,
  )
}

function parseOutgoing(text: string | undefined): boolean {
  if (text === undefined || text === 'loopback') return text === 'loopback'
  throw new ConfigError(`VIGIL_OUTGOING is ${JSON.stringify(text)}: leave it out, or give loopback`)
}

function parseCanary(text: string): number | undefined {
  if (text === 'off') return undefined
  const seconds = z.coerce.number().min(1).max(3_600).safeParse(text)
  if (!seconds.success) {
    throw new ConfigError(
      `VIGIL_CANARY is ${JSON.stringify(text)}: give the seconds between two tests, 1 to 3600, or off`,
    )
  }
  return seconds.data * 1_000
}

function parseAdmin(text: string | undefined): Config['admin'] {
  if (text === undefined) return undefined
  const colon = text.indexOf(':')
  const email = emailOf().safeParse(text.slice(0, colon))
  const password = text.slice(colon + 1)
  if (colon < 1 || !email.success) throw new ConfigError('VIGIL_ADMIN must be email:password')
  if (password.length < passwordLengthMin) {
    throw new ConfigError(`the password in VIGIL_ADMIN must have at least ${passwordLengthMin} characters`)
  }
  return { email: email.data, password }
}
