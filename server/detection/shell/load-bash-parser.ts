// Makes the parser that shell reading needs from bytes that the caller has read: this folder opens no files.
import { Language, Parser } from 'web-tree-sitter'

/**
 * `bashWasm`: bytes of tree-sitter-bash.wasm. `engineWasm`: bytes of web-tree-sitter.wasm; needed where the code is bundled, because then the
 * engine cannot find its file beside itself.
 */
export async function loadBashParser(bashWasm: Uint8Array, engineWasm?: Uint8Array): Promise<Parser> {
  // `wasmBinary` is Emscripten's option; the package's types name a module that is not installed.
  await Parser.init((engineWasm ? { wasmBinary: engineWasm } : {}) as never)
  const language = await Language.load(bashWasm)
  return new Parser().setLanguage(language)
}
