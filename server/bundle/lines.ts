// What the files of a bundle say, line by line. Every line begins with its own number; `data` of an event is kept letter by letter.
import type { AuditLink } from '../protocol/audit.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { lineStart } from './layout.ts'

/** An event as the log keeps it. */
export type LoggedEvent = Pick<StoredEvent, 'partition' | 'seq' | 'id' | 'seenAtMs' | 'atMs' | 'kind' | 'trust'> & {
  version: number
  session: string | undefined
  host: string | undefined
  source: string | undefined
  dataJson: string
}

export function eventLine(line: number, { dataJson, version, ...rest }: LoggedEvent): string {
  const { partition, seq, id, seenAtMs, atMs, kind, trust, session, host, source } = rest
  const head = JSON.stringify({ partition, seq, id, seenAtMs, atMs, kind, v: version, trust, session, host, source })
  // A line end within would be two lines: JSON means the same without it.
  const data = /[\r\n]/.test(dataJson) ? JSON.stringify(JSON.parse(dataJson)) : dataJson
  return `${lineStart(line)}${head.slice(1, -1)},"data":${data}}\n`
}

/** `previous`: the hash of the entry before, which need not be in the extract; with it each entry is checked by itself. */
export function auditLine(line: number, link: AuditLink & { previous: string }): string {
  return recordLine(line, link)
}

/** Any record: of a file that is there to be read by people and their tools. */
export function recordLine(line: number, record: object): string {
  return `${lineStart(line)}${JSON.stringify(record).slice(1)}\n`
}

export function readmeText(options: { key: string; madeAt: string; sessions: readonly string[] }): string {
  const { key, madeAt, sessions } = options
  return `Evidence bundle of Vigil, made at ${madeAt} of ${sessions.length} session(s).

Check it without a server:    vigil verify BUNDLE --key ${key}
Read it in a console:         vigil open BUNDLE
Without Vigil: it is a plain tar archive. manifest.json has the SHA-256 of each file; manifest.sig has the Ed25519 signature of the bytes
"vigil-bundle-1\\n" followed by manifest.json, with the key that the manifest names. A key proves something only when it was learned from
elsewhere than from this file: from GET /api/bundle-key of the server that made it, for example.

events.ndjson      every fact of these sessions as the log keeps it, in its order: what sensors saw, what the agent said (trust "agent":
                   its word, which may be a lie), what people asked and what was then observed. Beside them what explains them without
                   being of a session: its hosts' probes, alerts that were tied to it, standing containments, incidents
                   that the sessions are of, with what people did about them.
audit.ndjson       an EXTRACT of the audit's chain: the deeds that concern these sessions, each with the hash of the entry before, so
                   that each can be checked by itself. That no entry lacks can be checked only against the server's whole chain.
snapshots.ndjson   evidence that was taken of running sessions, part by part.
receipts.ndjson    controls with their steps, as the console told them.
approvals.ndjson   actions that waited for a person, and what was decided.
The last three follow from events.ndjson and are there to be read; where they differ, events.ndjson counts.

Nothing in here is masked: it may hold secrets that the agent saw. Samples of GPU and CPU are not facts of the log and are not in here.
`
}
