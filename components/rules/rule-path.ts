// URLs of a rule and of its text. Ids and names are free text, so they are parameters and never a part of the path. Pure.

export function rulePath(id: string): string {
  return `/rules/rule?${new URLSearchParams({ id })}`
}

/** Without `name`: a new one. */
export function editPath(name?: string, at: { line?: number; column?: number; version?: number } = {}): string {
  const query = new URLSearchParams(name === undefined ? {} : { name })
  for (const [key, value] of Object.entries(at)) query.set(key, String(value))
  return query.size === 0 ? '/rules/edit' : `/rules/edit?${query}`
}
