// The action exactly as it is held, in the form a person reads it, and the way back from an edited text to an input. Pure.
import { maskMark } from '../../server/protocol/secrets.ts'
import { oneLine } from '../session/event-words.ts'

/** `command`: what a shell would be given. `beside`: the other fields of the input, as JSON. */
export type ExactAction =
  | { form: 'command'; text: string; field: 'command' | 'cmd'; beside: string | undefined }
  | { form: 'json' | 'text'; text: string }

type Fields = Record<string, unknown>

export function exactAction(input: string): ExactAction {
  const value = parsed(input)
  if (value === undefined) return { form: 'text', text: input }
  const field = commandField(value)
  if (field === undefined) return { form: 'json', text: JSON.stringify(value, undefined, 2) }
  const { [field]: command, ...rest } = value as Fields
  return { form: 'command', text: String(command), field, beside: besideText(rest) }
}

function besideText(rest: Fields): string | undefined {
  if (Object.keys(rest).length === 0) return undefined
  const line = JSON.stringify(rest)
  return line.length <= 80 ? line : JSON.stringify(rest, undefined, 2)
}

/** One line for a list. */
export function actionLine(tool: string, input: string): string {
  const action = exactAction(input)
  if (action.form === 'command') return oneLine(action.text.slice(0, 400))
  const value = parsed(input)
  const said = value === undefined ? input : JSON.stringify(value)
  return oneLine(`${tool} ${said.slice(0, 400)}`)
}

/** The server keeps so much of an input and says what it left out: the digest is of the whole. */
export function isCut(input: string): boolean {
  return /… \[\d+ more characters cut\]$/.test(input)
}

export type Edited = { input: unknown } | { wrong: string }

/** What would be sent as the edited input. Of a command's input only the command changes. */
export function editedInput(input: string, draft: string): Edited {
  const action = exactAction(input)
  if (draft.trim() === '') return { wrong: 'It is empty: deny it instead.' }
  if (draft === action.text) return { wrong: 'Nothing is changed yet.' }
  if (draft.includes(maskMark) || input.includes(maskMark))
    return { wrong: 'A mask is in it, and a mask does not run: show what is masked first, then edit.' }
  if (action.form === 'text') return { input: draft }
  if (action.form === 'command') return { input: { ...(parsed(input) as Fields), [action.field]: draft } }
  const value = parsed(draft)
  return value === undefined ? { wrong: 'This is not JSON yet: the tool takes the form it had.' } : { input: value }
}

/** The text in parts, those that a rule matched marked. What is nearly the whole of it marks nothing: it would say nothing. */
export function markedParts(text: string, values: readonly string[]): { text: string; matched: boolean }[] {
  const wanted = [...new Set(values)].filter((each) => each.length >= 3 && each.length < text.length * 0.7)
  const isIn = new Array<boolean>(text.length).fill(false)
  for (const value of wanted)
    for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length))
      isIn.fill(true, at, at + value.length)
  const parts: { text: string; matched: boolean }[] = []
  let from = 0
  for (let at = 1; at <= text.length; at += 1) {
    if (at < text.length && isIn[at] === isIn[from]) continue
    parts.push({ text: text.slice(from, at), matched: isIn[from] ?? false })
    from = at
  }
  return parts
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function commandField(value: object): 'command' | 'cmd' | undefined {
  if (Array.isArray(value)) return undefined
  for (const field of ['command', 'cmd'] as const)
    if (Object.hasOwn(value, field) && typeof (value as Fields)[field] === 'string') return field
  return undefined
}
