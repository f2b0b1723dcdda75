// Vigil's own programs, as the global set-up of the tests has just bundled them: a start from the sources takes seconds of a processor.
import path from 'node:path'

/** What `process.execPath` is given first. */
export function builtProgram(name: 'probe' | 'cli'): string[] {
  return ['--enable-source-maps', path.resolve(import.meta.dirname, '../dist', `${name}.mjs`)]
}
