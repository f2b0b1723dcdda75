// What went wrong as the one line that a person at a terminal reads.

/** Never empty. Prisma begins its messages with an empty line and says the reason in the last; several failed connects have no message of their own. */
export function plainLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0)
    return plainLine(error.errors[0])
  const text = error instanceof Error ? error.message : String(error)
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const said = text.startsWith('\n') ? lines.at(-1) : lines[0]
  return said ?? (error instanceof Error ? error.name : 'an error without a word')
}
