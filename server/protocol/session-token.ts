// The token that a session's own telemetry carries. A probe derives it from its key without asking the server; the server
// recomputes it. Format only: the HMAC is made by the caller (this folder uses no crypto). It must never contain the probe key.

const tokenPattern = /^vst_([0-9a-f]{16})\.([A-Za-z0-9_-]{1,256})\.([A-Za-z0-9_-]{43})$/

/** The text under the HMAC-SHA256; its key is the hex SHA-256 of the probe key, taken as UTF-8. */
export function sessionTokenMessage(session: string): string {
  return `vigil-session:${session}`
}

/** `probeKeyHash`: hex SHA-256 of the probe key. `mac`: base64url of the HMAC over `sessionTokenMessage(session)`. */
export function formatSessionToken(probeKeyHash: string, session: string, mac: string): string {
  return `vst_${probeKeyHash.slice(0, 16)}.${toBase64Url(session)}.${mac}`
}

export type ParsedSessionToken = { probeKeyHashPrefix: string; session: string; mac: string }

/** undefined for anything that is not such a token. The session in it is a claim until the mac was compared. */
export function parseSessionToken(token: string): ParsedSessionToken | undefined {
  const match = tokenPattern.exec(token)
  if (!match) return undefined
  const [, probeKeyHashPrefix, encoded, mac] = match
  if (probeKeyHashPrefix === undefined || encoded === undefined || mac === undefined) return undefined
  const session = fromBase64Url(encoded)
  return session === undefined ? undefined : { probeKeyHashPrefix, session, mac }
}

/** Session ids are ASCII (`SessionId`), so btoa is enough. */
function toBase64Url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function fromBase64Url(text: string): string | undefined {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}
