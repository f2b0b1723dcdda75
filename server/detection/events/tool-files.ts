// Which files a tool call reads, writes, deletes or moves, by the names and keys that agents' editors use; and what it writes into scripts.
import { isObject, jsonOf, shebangLanguage, type ToolCode, toolWords } from './tool-code.ts'

export type FileUse = { path: string; operation: 'read' | 'write' | 'delete' | 'rename' }

const pathKeys = [
  ...['file_path', 'filePath', 'path', 'filepath', 'filename', 'file_name', 'file', 'notebook_path', 'target_file'],
  ...['absolute_path', 'target_path', 'destination', 'new_path', 'source_path', 'old_path', 'uri'],
]
const contentKeys = [
  'content',
  'contents',
  'file_text',
  'new_string',
  'new_str',
  'insert_text',
  'text',
  'new_source',
  'data',
]
const writing = /^(?:write|edit|create|append|insert|replace|patch|update|save|put|str|multiedit|modify|touch)$/
const deleting = /^(?:delete|remove|rm|unlink)$/
const moving = /^(?:move|rename|mv)$/
const reading = /^(?:read|view|open|cat|get|show)$/
const languageOfSuffix: Readonly<Record<string, string>> = {
  sh: 'sh',
  bash: 'sh',
  py: 'python',
  pl: 'perl',
  rb: 'ruby',
  js: 'node',
  mjs: 'node',
  ts: 'node',
  php: 'php',
}
const usesMax = 32

export function toolFiles(tool: string, input: string): { uses: FileUse[]; code: ToolCode[] } {
  const uses: FileUse[] = []
  const code: ToolCode[] = []
  const words = toolWords(tool)
  const parsed = jsonOf(input)
  const patch = patchText(words, parsed, input)
  if (patch !== undefined) addPatch(patch, uses)
  if (!isObject(parsed)) {
    // SWE-agent's own commands: `create reproduce_bug.py`, `open a.py 12`.
    const line = /^(create|open)[ \t]+([^\s'"]{1,4096})/.exec(input)
    if (line?.[2] !== undefined && words.length === 1 && words[0] === line[1])
      uses.push({ path: line[2], operation: line[1] === 'create' ? 'write' : 'read' })
    return { uses, code }
  }
  const object = unwrapped(parsed)
  // `str_replace_editor` says in `command` what it does.
  const verb = typeof object.command === 'string' ? toolWords(object.command) : []
  const operation = operationOf(verb) ?? operationOf(words)
  if (operation === undefined) return { uses, code }
  for (const key of pathKeys) {
    const path = Object.hasOwn(object, key) ? object[key] : undefined
    if (typeof path !== 'string' || path === '' || uses.length >= usesMax) continue
    uses.push({ path, operation })
    if (operation === 'write') addScript(object, path, code)
  }
  return { uses, code }
}

function operationOf(words: readonly string[]): FileUse['operation'] | undefined {
  if (words.some((word) => deleting.test(word))) return 'delete'
  if (words.some((word) => moving.test(word))) return 'rename'
  if (words.some((word) => writing.test(word))) return 'write'
  return words.some((word) => reading.test(word)) ? 'read' : undefined
}

function unwrapped(object: { [key: string]: unknown }): { [key: string]: unknown } {
  for (const key of ['input', 'args', 'arguments', 'kwargs', 'params', 'parameters', 'tool_input']) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined
    const inner = typeof value === 'string' ? jsonOf(value) : value
    // Keys beside the wrapper count too: nothing may hide behind it.
    if (isObject(inner)) return { ...inner, ...object, [key]: undefined }
  }
  return object
}

/** A script that is written today is run tomorrow: its text is looked at as code. */
function addScript(object: { [key: string]: unknown }, path: string, code: ToolCode[]): void {
  for (const key of contentKeys) {
    const content = Object.hasOwn(object, key) ? object[key] : undefined
    if (typeof content !== 'string' || content === '') continue
    const suffix = /\.([a-z]{1,4})$/i.exec(path.slice(-8))?.[1]?.toLowerCase() ?? ''
    const language =
      shebangLanguage(content) ?? (Object.hasOwn(languageOfSuffix, suffix) ? languageOfSuffix[suffix] : undefined)
    if (language !== undefined) code.push({ content, language, writesTo: path })
  }
}

function patchText(words: readonly string[], parsed: unknown, input: string): string | undefined {
  if (!words.some((word) => word === 'patch' || word === 'diff')) return undefined
  if (isObject(parsed))
    for (const key of ['patch', 'input', 'diff', 'patchText']) {
      const value = Object.hasOwn(parsed, key) ? parsed[key] : undefined
      if (typeof value === 'string') return value
    }
  return typeof parsed === 'string' ? parsed : input
}

/** `*** Update File: p` of OpenAI's format, `+++ b/p` of diffs. */
function addPatch(patch: string, uses: FileUse[]): void {
  for (const line of patch.slice(0, 65_536).split('\n')) {
    if (uses.length >= usesMax) return
    const told = /^\*\*\* (Add|Update|Delete) File: (.{1,4096})$/.exec(line)
    const diff = /^\+\+\+ (?:b\/)?([^\t]{1,4096})/.exec(line)
    if (told?.[2] !== undefined)
      uses.push({ path: told[2].trim(), operation: told[1] === 'Delete' ? 'delete' : 'write' })
    else if (diff?.[1] !== undefined && diff[1] !== '/dev/null') uses.push({ path: diff[1].trim(), operation: 'write' })
  }
}
