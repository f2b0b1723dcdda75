// The environment, parsed once. A wrong value is one line that says which and why; nothing falls back silently.
import path from 'node:path'
import { z } from 'zod'
import type { DiskLimits } from './model/disk-space.ts'
import { passwordLengthMin } from './web/better-auth.ts'
import { emailOf } from './web/email.ts'
import { isSafeAddress, type OidcSettings } from './web/oidc.ts'

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
  /** Who has no second factor reads, whatever their role is. */
  twoFactorRequired: boolean
  /** Where operators may sign in besides here. */
  oidc: OidcSettings | undefined
  localProbe: boolean
  /** How often Vigil tests its own pipe; undefined: never. */
  canaryEveryMs: number | undefined
  /** What listens on this machine alone may be sent messages to, too: see `reach.ts`. */
  outgoingToLoopback: boolean
  /** One JSON object a line, for machines that collect logs. */
  logAsJson: boolean
  /** Where the server's own metrics are sent, as OpenTelemetry's own variables say it. */
  otlpOut: { url: string; headers: Record<string, string> } | undefined
  /** Free space of the data folder's disk below which people are warned, and below which the oldest readings are dropped. */
  disk: DiskLimits
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
    twoFactorRequired: parseTwoFactor(env.VIGIL_TWO_FACTOR || undefined),
    oidc: parseOidc(env),
    localProbe: env.VIGIL_PROBE !== 'off' && !env.VIGIL_BUNDLE,
    canaryEveryMs: env.VIGIL_BUNDLE ? undefined : parseCanary(env.VIGIL_CANARY || '10'),
    logAsJson: parseLog(env.VIGIL_LOG || 'text'),
    otlpOut: parseOtlpOut(env),
    outgoingToLoopback: parseOutgoing(env.VIGIL_OUTGOING || undefined),
    disk: parseDisk(env.VIGIL_DISK_WARN || '5', env.VIGIL_DISK_SHED || undefined),
    bundle: env.VIGIL_BUNDLE
      ? { file: path.resolve(env.VIGIL_BUNDLE), key: env.VIGIL_BUNDLE_KEY || undefined }
      : undefined,
    origins: (env.VIGIL_ORIGINS ?? '')
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  }
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/: the one for metrics is taken as it is, the common one gets the path. */
function parseOtlpOut(env: Record<string, string | undefined>): Config['otlpOut'] {
  const own = env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT || undefined
  const common = env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined
  if (own === undefined && common === undefined) return undefined
  const url = own ?? `${common?.replace(/\/+$/, '')}/v1/metrics`
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ConfigError(`OTEL_EXPORTER_OTLP_ENDPOINT is ${JSON.stringify(own ?? common)}: give an http address`)
  const pairs = (env.OTEL_EXPORTER_OTLP_METRICS_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? '')
    .split(',')
    .filter((pair) => pair.trim() !== '')
  const headers = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=')
    if (at < 1) throw new ConfigError('OTEL_EXPORTER_OTLP_HEADERS must be name=value, with commas between')
    return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]
  })
  return { url, headers: Object.fromEntries(headers) }
}

function parseLog(text: string): boolean {
  if (text === 'json' || text === 'text') return text === 'json'
  throw new ConfigError(`VIGIL_LOG is ${JSON.stringify(text)}: give text or json`)
}

function parseOidc(env: Record<string, string | undefined>): OidcSettings | undefined {
  const issuer = env.VIGIL_OIDC_ISSUER || undefined
  const clientId = env.VIGIL_OIDC_CLIENT_ID || undefined
  if (issuer === undefined && clientId === undefined) return undefined
  if (issuer === undefined || clientId === undefined)
    throw new ConfigError('VIGIL_OIDC_ISSUER and VIGIL_OIDC_CLIENT_ID go together: give both, or neither')
  if (!isSafeAddress(issuer))
    throw new ConfigError('VIGIL_OIDC_ISSUER must be an https:// address (http:// on this machine alone)')
  const admits = env.VIGIL_OIDC_NEW || undefined
  if (admits !== undefined && admits !== 'viewer')
    throw new ConfigError(`VIGIL_OIDC_NEW is ${JSON.stringify(admits)}: leave it out, or give viewer`)
  const name = (env.VIGIL_OIDC_NAME || 'single sign-on').trim().slice(0, 60)
  return {
    issuer,
    clientId,
    clientSecret: env.VIGIL_OIDC_CLIENT_SECRET || undefined,
    name,
    admitsNew: admits === 'viewer',
  }
}

function parseTwoFactor(text: string | undefined): boolean {
  if (text === undefined || text === 'required') return text === 'required'
  throw new ConfigError(`VIGIL_TWO_FACTOR is ${JSON.stringify(text)}: leave it out, or give required`)
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

/** In GB. Who is warned later, or never, and says no more, has nothing dropped earlier. */
function parseDisk(warn: string, shed: string | undefined): DiskLimits {
  const bytesOf = (name: string, text: string) => {
    const gb = z.coerce.number().min(0).max(1_000_000).safeParse(text)
    if (gb.success) return Math.round(gb.data * 1e9)
    throw new ConfigError(`${name} is ${JSON.stringify(text)}: give GB of free space, such as 5 or 0.5, or 0 for never`)
  }
  const warnBytes = bytesOf('VIGIL_DISK_WARN', warn)
  const shedBytes = shed === undefined ? Math.min(2e9, warnBytes) : bytesOf('VIGIL_DISK_SHED', shed)
  if (shedBytes > warnBytes) {
    throw new ConfigError(
      'VIGIL_DISK_SHED is more than VIGIL_DISK_WARN: nobody would be warned before readings are dropped',
    )
  }
  return { warnBytes, shedBytes }
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
