// A message that changes without its version would be misread by the other side, which may be older: this fails first.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import * as browser from './browser-messages.ts'
import { eventKinds, schemaOfEventKind } from './event.ts'
import * as probe from './probe-messages.ts'
import { wireVersion } from './wire-version.ts'

function fingerprint(schemas: Record<string, unknown>): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(schemas).sort()) {
    const schema = schemas[name]
    if (schema instanceof z.ZodType)
      hash.update(name).update(JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' })))
  }
  return hash.digest('hex').slice(0, 16)
}

describe('what goes over the wire', () => {
  it('is what wire version 9 says: if you changed a message on purpose, raise wireVersion and record the new fingerprint here', () => {
    expect({ wireVersion, probe: fingerprint(probe), browser: fingerprint(browser) }).toEqual({
      wireVersion: 9,
      probe: 'b086aaaadcfb87b7',
      browser: 'b2feaa3c9b113ad4',
    })
  })

  it('carries events of version 1 as they were: if you changed one on purpose, add an upgrade and a recording of the old shape', () => {
    const schemas = Object.fromEntries(eventKinds.map((kind) => [kind, schemaOfEventKind(kind)]))
    expect(fingerprint(schemas)).toBe('0e15650ba1c37a1d')
  })
})
