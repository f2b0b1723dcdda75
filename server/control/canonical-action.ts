// One text for one action: whatever order its keys come in, the same call is the same text, and another call is another.
export type Action = { session: string; tool: string; input: unknown; cwd?: string | undefined }

/** JSON with sorted keys and no spaces (as RFC 8785 orders them). An approval is bound to the SHA-256 of it. */
export function canonicalAction({ session, tool, input, cwd }: Action): string {
  return canonicalJson({ cwd: cwd ?? null, input: input ?? null, session, tool })
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`
}
