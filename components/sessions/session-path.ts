// The URL of a session. Ids may hold `/ : @` and `..`, so the whole id is one encoded segment and can never climb.

export function sessionPath(session: string): string {
  return `/sessions/${encodeURIComponent(session)}`
}

/** The whole console as it was at that moment, at this session. */
export function momentPath(session: string, atMs: number): string {
  return `${sessionPath(session)}?at=${Math.ceil(atMs)}`
}

/** Reads the id back from the catch-all route's segments; undefined when the encoding is broken. */
export function sessionOfSegments(segments: readonly string[]): string | undefined {
  try {
    return segments.map(decodeURIComponent).join('/')
  } catch {
    return undefined
  }
}
