// What makes two actions alike: tool, folder and input but for numbers that are no address or port. Alike is never the same: each keeps its
// own digest and its own decision. Worked out of the action alone, never of what the agent says about it. Pure.

/** Longer ones are like nothing else: what differs must be seen whole. */
export const shapeTextMax = 2_000

/** An address, with its port; the port of a name. One target is never like another. */
const target = /(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}|(?<=[a-z0-9\]]):\d{1,5}\b/
/** Numbers, and what stands for one: a UUID, a hash. */
const number = /[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{12,}|\d+/
const either = new RegExp(`(${target.source})|${number.source}`, 'gi')

/** `input`: as it is kept, canonical JSON or plain text. Undefined for what is too long to be like another. */
export function actionShape({
  tool,
  input,
  cwd = '',
}: {
  tool: string
  input: string
  cwd?: string | undefined
}): string | undefined {
  if (input.length > shapeTextMax || cwd.length > shapeTextMax) return undefined
  return JSON.stringify([tool, masked(input), masked(cwd)])
}

function masked(text: string): string {
  return text.replace(either, (_found, kept: string | undefined) => kept ?? '#')
}
