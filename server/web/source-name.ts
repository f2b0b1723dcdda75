// What a source is called that did not say: after the key that it came with. Names stand in addresses and in file names.
import { z } from '@hono/zod-openapi'
import type { Caller } from './identity.ts'

export const SourceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$/, 'a source name has 1 to 64 of A-Z a-z 0-9 . _ : @ -')

export function sourceNameOf(caller: Caller): string {
  const name = caller.type === 'key' ? caller.key.name : caller.type === 'session-token' ? 'agents' : 'operator'
  return sourceNameOfKey(name)
}

export function sourceNameOfKey(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._:@-]/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return SourceName.safeParse(safe.slice(0, 64)).data ?? 'default'
}
