// The canary with a key of its own and the way to this server's own door.
import { randomBytes, randomUUID } from 'node:crypto'
import { type CanaryOptions, startCanary } from './canary.ts'
import type { Config } from './config.ts'
import type { Store } from './open-store.ts'
import type { Scope } from './web/identity.ts'

/** The key lives as long as this process, in its memory alone. */
export function wireCanary(
  config: Pick<Config, 'canaryEveryMs' | 'host'>,
  port: number,
  keys: Store['keys'],
  nowMs: () => number,
  onBack: CanaryOptions['onBack'],
) {
  const key = randomBytes(32).toString('base64url')
  keys.addFixed(key, 'vigil-canary', ['ingest'] satisfies Scope[])
  return startCanary({
    everyMs: config.canaryEveryMs,
    url: `http://${hostForSelf(config.host)}:${port}`,
    key,
    nowMs,
    newMark: () => randomUUID(),
    onBack,
  })
}

/** Where this server reaches itself: all addresses of a machine are its loopback's too. */
function hostForSelf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
