// What a tool call will run: the command that a shell gets, or code for another interpreter. The agent chooses the input, so nothing may
// hide behind a second key: everything that reads like a command is taken.

/** Shell text is read as a script; content is code or data in a language that is not the shell's. */
export type ToolCode = { shellText: string } | { content: string; language: string; writesTo?: string | undefined }

type Json = { [key: string]: unknown }

const shellKeys = [
  ...['command', 'cmd', 'commands', 'full_command', 'bash_command', 'shell_command', 'command_line', 'commandLine'],
  ...['cmdline', 'argv', 'keystrokes', 'keys', 'chars', 'shell', 'bash', 'run', 'exec'],
]
const codeKeys = [
  'code',
  'script',
  'python_code',
  'source_code',
  'source',
  'program',
  'snippet',
  'cell',
  'ipython',
  'python',
]
/** Only where the tool is a shell or an interpreter. */
const vagueKeys = ['input', 'text', 'query', 'content', 'statement', 'expression', 'value']
/** Objects that only wrap the arguments proper. */
const wrapperKeys = [
  ...['input', 'inputs', 'args', 'arguments', 'kwargs', 'params', 'parameters', 'tool_input', 'toolInput', 'input_str'],
  ...['action', 'actions', 'commands', 'steps', 'data', 'payload', 'request'],
]
const languageKeys = ['language', 'lang', 'runtime', 'interpreter', 'kernel', 'type']
const editorVerbs = /^(?:view|create|str_replace|insert|undo_edit|read|write|append|delete|rename)$/

const shellWords: ReadonlySet<string> = new Set([
  ...[
    'bash',
    'sh',
    'zsh',
    'shell',
    'terminal',
    'exec',
    'execute',
    'command',
    'cmd',
    'run',
    'console',
    'tmux',
    'ssh',
    'process',
  ],
  ...['ash', 'dash', 'powershell', 'pwsh', 'subprocess', 'system', 'sandbox'],
])
const languageOfWord: ReadonlyMap<string, string> = new Map([
  ...['python', 'python3', 'py', 'ipython', 'jupyter', 'notebook', 'interpreter', 'cell'].map(
    (word) => [word, 'python'] as const,
  ),
  ...['node', 'nodejs', 'javascript', 'js', 'typescript', 'ts', 'deno', 'bun'].map((word) => [word, 'node'] as const),
  ...['perl', 'ruby', 'php', 'sql'].map((word) => [word, word] as const),
  ...['bash', 'sh', 'shell', 'zsh', 'ash', 'dash'].map((word) => [word, 'sh'] as const),
])

const depthMax = 4
const textsMax = 32

/** Everything in a tool call that runs. Empty where it runs nothing, as far as its name and keys tell. */
export function toolCode(tool: string, input: string): ToolCode[] {
  const text = input.trim()
  if (text === '') return []
  const words = toolWords(tool)
  const language = languageOf(words)
  const parsed = jsonOf(text) ?? pairsOf(text)
  const found: ToolCode[] = []
  if (typeof parsed === 'object' && parsed !== null) {
    const isRunner = language !== undefined || words.some((word) => shellWords.has(word))
    if (Array.isArray(parsed)) addList(parsed, language, isRunner, found, 0)
    else addObject(parsed as Json, language, isRunner, found, 0)
    return merged(found)
  }
  const plain = typeof parsed === 'string' ? parsed : text
  if (language !== undefined && language !== 'sh') return [{ content: plain, language }]
  return words.some((word) => shellWords.has(word)) ? [{ shellText: plain }] : []
}

/** `mcp__box__runCommand` is mcp, box, run, command. */
export function toolWords(tool: string): string[] {
  return tool
    .slice(0, 128)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '')
}

function languageOf(words: readonly string[]): string | undefined {
  // The last counts most: `run_python`, `bash_tool`; `ipython` goes before `execute`.
  for (const word of words) {
    const language = languageOfWord.get(word)
    if (language !== undefined && language !== 'sh') return language
  }
  return words.some((word) => languageOfWord.get(word) === 'sh') ? 'sh' : undefined
}

function addObject(
  object: Json,
  toolLanguage: string | undefined,
  isRunner: boolean,
  found: ToolCode[],
  depth: number,
): void {
  if (depth > depthMax) return
  const stated = languageKeys.map((key) => own(object, key)).find((value) => typeof value === 'string')
  const language = (typeof stated === 'string' ? languageOf(toolWords(stated)) : undefined) ?? toolLanguage
  for (const key of shellKeys) {
    const value = own(object, key)
    if (typeof value === 'string') {
      // `{command: "view", path}` of an editor runs nothing.
      if (!(key === 'command' && editorVerbs.test(value.trim()))) addShell(value, found)
    } else if (Array.isArray(value)) addList(value, 'sh', true, found, depth + 1)
  }
  for (const key of codeKeys) {
    const value = own(object, key)
    if (typeof value === 'string') addCode(value, key === 'script' ? (language ?? 'sh') : (language ?? 'python'), found)
    else if (Array.isArray(value) && value.every((line) => typeof line === 'string'))
      addCode(value.join(''), language ?? 'python', found)
  }
  if (isRunner)
    for (const key of vagueKeys) {
      const value = own(object, key)
      if (typeof value !== 'string' || jsonOf(value) !== undefined) continue
      if (language !== undefined && language !== 'sh') addCode(value, language, found)
      // Text of a shell tool beside its command is a comment on it.
      else if (found.length === 0) addShell(value, found)
    }
  for (const key of wrapperKeys) {
    const value = own(object, key)
    const inner = typeof value === 'string' ? jsonOf(value) : value
    if (Array.isArray(inner)) {
      for (const each of inner.slice(0, textsMax))
        if (isObject(each)) addObject(each, language, isRunner, found, depth + 1)
    } else if (isObject(inner)) addObject(inner, language, isRunner, found, depth + 1)
  }
}

/** A list of words is one command; of objects, one each. */
function addList(
  list: readonly unknown[],
  language: string | undefined,
  isRunner: boolean,
  found: ToolCode[],
  depth: number,
): void {
  if (list.length > 0 && list.every((word) => typeof word === 'string')) {
    if (!isRunner) return
    // `["ls -la", "make"]` is two commands, `["ls", "-la"]` is one: where only the first has a blank nobody can know, so both are read.
    const areLines = list.length > 1 && list.every((word) => /\s/.test(word.trim()) && !word.startsWith('-'))
    addShell(areLines ? list.join('\n') : list.map(quoted).join(' '), found)
    return
  }
  for (const each of list.slice(0, textsMax)) if (isObject(each)) addObject(each, language, isRunner, found, depth)
}

function addShell(text: string, found: ToolCode[]): void {
  if (text.trim() !== '' && found.length < textsMax) found.push({ shellText: text })
}

function addCode(text: string, language: string, found: ToolCode[]): void {
  if (text.trim() === '' || found.length >= textsMax) return
  const told = shebangLanguage(text) ?? language
  if (told === 'sh') found.push({ shellText: text })
  else found.push({ content: text, language: told })
}

/** Language by a script's first line: `#!/usr/bin/env python3`. */
export function shebangLanguage(text: string): string | undefined {
  const line = /^#!\s*(\S+)(?:[ \t]+(?:-\S+[ \t]+)*(\S+))?/.exec(text.slice(0, 200))
  if (line === null) return undefined
  const program = line[1]?.endsWith('/env') ? line[2] : line[1]
  const name = program?.slice(program.lastIndexOf('/') + 1).replace(/[\d.]+$/, '')
  return name === undefined ? undefined : languageOfWord.get(name)
}

/** Several shell texts of one call run one after the other, as far as anybody can tell; the same twice is once. */
function merged(found: readonly ToolCode[]): ToolCode[] {
  const shell = new Set<string>()
  const others: ToolCode[] = []
  for (const each of found) {
    if ('shellText' in each) shell.add(each.shellText)
    else if (!others.some((other) => 'content' in other && other.content === each.content)) others.push(each)
  }
  return shell.size === 0 ? others : [{ shellText: [...shell].join('\n') }, ...others]
}

function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function own(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const pythonPair = /'([A-Za-z_]{1,32})'\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/gs

/** Some frameworks print their arguments as Python does: `{'command': 'ls'}`. Its pairs of texts; undefined for anything else. */
function pairsOf(text: string): Json | undefined {
  if (!/^\{\s*'/.test(text)) return undefined
  const pairs: Json = {}
  for (const [, key = '', single, double] of text.matchAll(pythonPair)) {
    const value = (single ?? double ?? '').replace(
      /\\(.)/gs,
      (_, escaped: string) => ({ n: '\n', t: '\t' })[escaped] ?? escaped,
    )
    // The same key twice is two commands: nothing hides behind the second.
    pairs[key] = typeof pairs[key] === 'string' && Object.hasOwn(pairs, key) ? `${pairs[key]}\n${value}` : value
  }
  return pairs
}

/** Undefined for what is no JSON; text that only starts like it included. */
export function jsonOf(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
