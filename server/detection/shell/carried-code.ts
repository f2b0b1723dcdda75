// Which code a command carries in its arguments, and which language it reads from its input or writes into a file.
import { shellNames } from './wrappers-shell.ts'

export type ArgumentCode = { language: string; text: string }

/** Interpreters, the options after which code stands, and the options that take another value. */
type Interpreter = { names: string; language: string; code: RegExp; valued: string }
const interpreters: readonly Interpreter[] = [
  { names: 'python pypy pythonw', language: 'python', code: /^-[bBdEhiIOqsSuvVx]*c([\s\S]*)$/, valued: 'WXm' },
  { names: 'perl', language: 'perl', code: /^-[acdfFhilnpstTuUvVwWxX0-9]*[eE]([\s\S]*)$/, valued: 'I' },
  { names: 'ruby', language: 'ruby', code: /^-[acdhlnpsSuUvwWxy0-9]*e([\s\S]*)$/, valued: 'rICE' },
  {
    names: 'node nodejs bun deno',
    language: 'node',
    code: /^(?:-[ip]*e|-p|-pe|--eval|--print|eval)(?:=([\s\S]*))?$/,
    valued: 'r',
  },
  { names: 'php', language: 'php', code: /^-[anqw]*[rBRE]([\s\S]*)$/, valued: 'dc' },
  {
    names: 'gdb rust-gdb',
    language: 'text',
    code: /^--?(?:(?:init-)?eval-command|i?ex)(?:=([\s\S]*))?$/,
    valued: 'pxdc',
  },
  {
    names: 'lua luajit tclsh Rscript R osascript julia racket ghc ghci groovy elixir',
    language: 'text',
    code: /^-e(x[\s\S]*)?$/,
    valued: '',
  },
  { names: 'awk gawk mawk nawk', language: 'text', code: /^(?!)$/, valued: 'Ffv' },
  { names: 'mysql mariadb', language: 'sql', code: /^(?:-e|--execute)(?:=?([\s\S]*))?$/, valued: 'uhPDpS' },
  { names: 'psql', language: 'sql', code: /^(?:-[A-Za-bd-z]*c|--command)(?:=?([\s\S]*))?$/, valued: 'UhpdfvoPF' },
]

const interpreterByName = new Map(
  interpreters.flatMap((each) => each.names.split(' ').map((name) => [name, each] as const)),
)

/** `python3.11` is `python`. */
function interpreterOf(name: string): Interpreter | undefined {
  const last = name.charCodeAt(name.length - 1)
  return interpreterByName.get(last >= 48 && last <= 57 ? name.replace(/[\d.]+$/, '') : name)
}

export function codeInArguments(name: string, argv: readonly string[]): readonly ArgumentCode[] {
  if (argv.length < 2) return []
  if (name === 'sqlite3' || name === 'duckdb') return sqlAfterFile(argv)
  const interpreter = interpreterOf(name)
  if (!interpreter) return shellNames.has(name) ? shellCode(argv) : []
  if (name.endsWith('awk')) return awkProgram(argv)
  const found: ArgumentCode[] = []
  for (let i = 1; i < argv.length && i < 64; i++) {
    const word = argv[i] ?? ''
    const code = interpreter.code.exec(word)
    if (code) {
      const text = code[1] ? code[1] : argv[++i]
      if (text !== undefined)
        found.push(name.endsWith('gdb') ? debuggerCode(text) : { language: interpreter.language, text })
      if (interpreter.language === 'python') break
    } else if (!word.startsWith('-')) {
      if (interpreter.language !== 'sql' && interpreter.language !== 'perl') break
    } else if (word.length === 2 && interpreter.valued.includes(word.charAt(1)) && interpreter.language !== 'sql') i++
  }
  return found
}

/** A debugger's command that is code of another language: `python …`, `shell …`, `!…`. */
function debuggerCode(text: string): ArgumentCode {
  const python = /^\s*(?:py|python|pi|python-interactive)\s+([\s\S]*)$/.exec(text)?.[1]
  if (python !== undefined) return { language: 'python', text: python }
  const shell = /^\s*(?:shell\s|make\s|!|pipe\s[^|]*\|)\s*([\s\S]*)$/.exec(text)?.[1]
  // Read by the same means as code of a program that starts commands.
  return shell === undefined
    ? { language: 'text', text }
    : { language: 'text', text: `system(${JSON.stringify(shell)})` }
}

function shellCode(argv: readonly string[]): readonly ArgumentCode[] {
  const at = argv.findIndex((word, i) => i > 0 && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word))
  const text = at > 0 ? argv[at + 1] : undefined
  return text === undefined ? [] : [{ language: 'sh', text }]
}

/** The file whose text a command runs; its language where the command decides it. */
export function scriptFile(
  name: string,
  argv: readonly string[],
): { path: string; language: string | undefined } | undefined {
  const [program, first] = argv
  if (name === 'source' || name === '.') return first === undefined ? undefined : { path: first, language: 'sh' }
  const language = shellNames.has(name) ? 'sh' : interpreterOf(name)?.language
  if (language === undefined) return program?.includes('/') ? { path: program, language: undefined } : undefined
  if (argv.some((word) => /^-[a-zA-Z]*[ce]$/.test(word))) return undefined
  const path = argv.find((word, i) => i > 0 && !word.startsWith('-') && !word.startsWith('+'))
  return path === undefined ? undefined : { path, language }
}

function sqlAfterFile(argv: readonly string[]): readonly ArgumentCode[] {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'))
  return words.slice(1).map((text) => ({ language: 'sql', text }))
}

/** Awk can run commands and open sockets, so its program is worth a look when it does more than print columns. */
function awkProgram(argv: readonly string[]): readonly ArgumentCode[] {
  let i = 1
  while (i < argv.length && argv[i]?.startsWith('-')) i += /^-[Ffv]$/.test(argv[i] ?? '') ? 2 : 1
  const text = argv[i]
  return text !== undefined && /system|getline|\/inet\/|\|\s*"|"\s*\|/.test(text) ? [{ language: 'text', text }] : []
}

/** The language that a program reads from its standard input; undefined where it reads data. */
export function inputLanguage(name: string, argv: readonly string[]): string | undefined {
  if (shellNames.has(name)) return takesScriptFromInput(argv) ? 'sh' : undefined
  if (name === 'at' || name === 'batch' || name === 'crontab') return 'sh'
  if (/^(?:psql|mysql|mariadb|sqlite3|duckdb|clickhouse-client)$/.test(name)) return 'sql'
  const interpreter = interpreterOf(name)
  if (!interpreter || /awk$/.test(name)) return undefined
  const isScript = argv.slice(1).some((word) => word !== '-' && !word.startsWith('-'))
  return isScript ? undefined : interpreter.language
}

/** `sh`, `bash -s`, `bash -x -`: no script file and no `-c`. */
function takesScriptFromInput(argv: readonly string[]): boolean {
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? ''
    if (word === '-' || word === '/dev/stdin' || word === '/proc/self/fd/0') return true
    if (/^-[a-zA-Z]*s/.test(word)) return true
    if (/^-[a-zA-Z]*c/.test(word)) return false
    if (word === '-o' || word === '--rcfile' || word === '--init-file') i++
    else if (!word.startsWith('-') && !word.startsWith('+')) return false
  }
  return true
}

const extensions: { readonly [extension: string]: string } = {
  py: 'python',
  pl: 'perl',
  rb: 'ruby',
  js: 'node',
  mjs: 'node',
  cjs: 'node',
  ts: 'node',
  php: 'php',
  sh: 'sh',
  bash: 'sh',
  zsh: 'sh',
  sql: 'sql',
}

/** Language of a text from the file that it is written to, else from its first line. */
export function languageOf(text: string, file: string | undefined): string {
  const extension = file === undefined ? undefined : /\.([a-z]{1,5})$/.exec(file)?.[1]
  const byName = extension === undefined ? undefined : extensions[extension]
  if (byName) return byName
  const interpreter = /^#!\s*\S*?\/?(?:env\s+(?:-S\s+)?)?([a-z]+)[\d.]*(?:\s|$)/.exec(
    text.slice(0, 200).replace(/^(#!\s*)\S*\//, '$1'),
  )?.[1]
  if (interpreter === undefined) return 'text'
  if (shellNames.has(interpreter)) return 'sh'
  return interpreterOf(interpreter)?.language ?? 'text'
}
