// The reader as tests and scripts open it: the only file of this folder that reads from disk.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { loadBashParser } from './load-bash-parser.ts'
import { openShellReader } from './shell-reader.ts'
import type { ReadShell } from './shell-reading.ts'

const require = createRequire(import.meta.url)

export async function openShellReaderForTest(options: { treeOnly?: boolean } = {}): Promise<ReadShell> {
  const bash = readFileSync(require.resolve('tree-sitter-bash/tree-sitter-bash.wasm'))
  const engine = readFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'))
  const parser = await loadBashParser(bash, engine)
  return openShellReader({ parser, nowMs: () => performance.now(), ...options })
}
