// The reader as tests and scripts open it: the only file of this folder that reads from disk.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Parser } from 'web-tree-sitter'
import { loadBashParser } from './load-bash-parser.ts'
import { openShellReader } from './shell-reader.ts'
import type { ReadShell } from './shell-reading.ts'

const require = createRequire(import.meta.url)

export function loadBashParserForTest(): Promise<Parser> {
  const bash = readFileSync(require.resolve('tree-sitter-bash/tree-sitter-bash.wasm'))
  const engine = readFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'))
  return loadBashParser(bash, engine)
}

/** Its clock stands still unless told otherwise: what a test sees must not depend on how busy the machine is. */
export async function openShellReaderForTest(
  options: { treeOnly?: boolean; nowMs?: () => number } = {},
): Promise<ReadShell> {
  return openShellReader({ parser: await loadBashParserForTest(), nowMs: () => 0, ...options })
}
