// The one line that an operator should read of a tool call: the command, the path or the URL in its input, else compact JSON.
// The agent chooses the input, so nothing may hide: two different commands in one input are shown as the whole JSON.
import { cutText, longTextMax } from '../protocol/text.ts'
import { jsonOf } from './span-reading.ts'

type Json = Record<string, unknown>

const commandKeys = [
  'command',
  'cmd',
  'full_command',
  'bash_command',
  'shell_command',
  'code',
  'script',
  'python_code',
  'source_code',
  'commands',
  'argv',
]
const pathKeys = [
  'file_path',
  'filePath',
  'path',
  'filepath',
  'filename',
  'file',
  'notebook_path',
  'target_file',
  'absolute_path',
]
const urlKeys = ['url', 'uri', 'href', 'endpoint', 'urls']
const queryKeys = ['query', 'pattern', 'q', 'search_query']
/** Objects that only wrap the arguments proper. */
const wrapperKeys = [
  'input',
  'inputs',
  'args',
  'arguments',
  'kwargs',
  'params',
  'parameters',
  'tool_input',
  'toolInput',
  'input_str',
]
const editorVerbs = /^(view|create|str_replace|insert|undo_edit)$/

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Words of a command given as a list, so quoted that `["bash", "-c", "a b"]` reads as it runs. */
function joined(words: readonly unknown[]): string | undefined {
  if (words.length === 0 || !words.every((word) => typeof word === 'string')) return undefined
  return words.map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}

function wordsAt(object: Json, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  return Array.isArray(value) ? joined(value) : undefined
}

function firstAt(object: Json, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const words = wordsAt(object, key)
    if (words !== undefined) return words
  }
  return undefined
}

function summaryOfObject(object: Json, depth: number): string | undefined {
  const commands = new Set(commandKeys.map((key) => wordsAt(object, key)).filter((words) => words !== undefined))
  const path = firstAt(object, pathKeys)
  if (commands.size === 1) {
    const [command = ''] = commands
    return path !== undefined && editorVerbs.test(command) ? `${command} ${path}` : command
  }
  if (commands.size > 1) {
    // One may contain the other (Claude Code sends `bash_command`, the program, beside `full_command`).
    const [longest = '', ...others] = [...commands].sort((a, b) => b.length - a.length)
    return others.every((other) => longest.includes(other)) ? longest : undefined
  }
  const query = firstAt(object, queryKeys)
  const sought = query !== undefined && path !== undefined ? `${query} in ${path}` : (path ?? query)
  const target = firstAt(object, urlKeys) ?? sought
  if (target !== undefined) return target
  if (depth >= 3) return undefined
  for (const key of wrapperKeys) {
    const inner = Object.hasOwn(object, key) ? object[key] : undefined
    const unwrapped = typeof inner === 'string' ? jsonOf(inner) : inner
    const found = isObject(unwrapped) ? summaryOfObject(unwrapped, depth + 1) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** Undefined for an empty input. Line breaks are kept: in a shell they separate commands. */
export function actionSummary(input: string): string | undefined {
  const text = input.trim()
  if (text === '') return undefined
  const parsed = jsonOf(text)
  if (parsed === undefined) return cutText(text, longTextMax)
  const found = isObject(parsed) ? summaryOfObject(parsed, 0) : undefined
  return cutText(found?.trim() ?? compactJson(parsed) ?? text, longTextMax)
}

/** Undefined when the value is nested so deep that `JSON.stringify` runs out of stack (`JSON.parse` does not). */
function compactJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const exitCodeKeys = ['exit_code', 'exitCode', 'exitcode', 'returncode', 'return_code', 'returnCode']

/** The exit code that a tool's output states, at its top level or one below. */
export function statedExitCode(output: string): number | undefined {
  const parsed = jsonOf(output)
  if (!isObject(parsed)) return undefined
  for (const object of [parsed, parsed.result, parsed.output, parsed.metadata]) {
    if (!isObject(object)) continue
    for (const key of exitCodeKeys) {
      const code = Object.hasOwn(object, key) ? object[key] : undefined
      if (typeof code === 'number' && Number.isSafeInteger(code)) return code
    }
  }
  return undefined
}
