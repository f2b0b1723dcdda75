// The process of an audit event, its command line and its paths. PROCTITLE is never used: the kernel remembers the title from before
// the last execve and cuts it after 128 bytes.
import type { ReportedProcess } from '../protocol/signal.ts'
import type { AuditEvent } from './auditd-assembly.ts'
import type { AuditRecord } from './auditd-line.ts'
import { hexBytes, stringOf, userNameOf, userNumberOf } from './auditd-values.ts'
import { countOf, defined, longText, pidOf, shortText } from './normal-values.ts'

export function recordOf(event: AuditEvent, type: string): AuditRecord | undefined {
  return event.records.find((record) => record.type === type)
}

/** Of the record that names it: SYSCALL, or a program's message. PIDs are those of the host's own namespace. */
export function processOf(event: AuditEvent, record: AuditRecord | undefined): ReportedProcess {
  const fields = record?.fields
  const cwd = stringOf(recordOf(event, 'CWD')?.fields.get('cwd')) ?? stringOf(fields?.get('cwd'))
  return defined({
    pid: pidOf(fields?.get('pid')?.text),
    ppid: pidOf(fields?.get('ppid')?.text),
    comm: shortText(stringOf(fields?.get('comm'))),
    exe: longText(stringOf(fields?.get('exe'))),
    cwd: longText(cwd),
    uid: userNumberOf(fields?.get('uid')),
    auid: userNumberOf(fields?.get('auid')),
    user: shortText(userNameOf(fields?.get('UID'))),
  })
}

const argumentsMax = 1_024
const lost = '[not recorded]'

/** Of EXECVE records, which are several when the line gets long, as are long arguments: `a2_len=9000 a2[0]=… a2[1]=…`. */
export function argvOf(event: AuditEvent): string[] | undefined {
  const pieces = new Map<number, Map<number, { text: string; quoted: boolean }>>()
  let count: number | undefined
  let highest = -1
  for (const record of event.records) {
    if (record.type !== 'EXECVE') continue
    count ??= countOf(record.fields.get('argc')?.text)
    for (const [key, field] of record.fields) {
      const parts = /^a(\d{1,7})(?:\[(\d{1,7})\])?$/.exec(key)
      if (!parts) continue
      const index = Number(parts[1])
      if (index >= argumentsMax) continue
      const known = pieces.get(index) ?? new Map<number, { text: string; quoted: boolean }>()
      const piece = Number(parts[2] ?? 0)
      if (!known.has(piece)) known.set(piece, field)
      pieces.set(index, known)
      highest = Math.max(highest, index)
    }
  }
  if (highest === -1) return undefined
  const argv = Array.from({ length: highest + 1 }, (_, index) => longText(argumentOf(pieces.get(index))) ?? '')
  const left = (count ?? 0) - argv.length
  if (left <= 0) return argv
  const mark = `… [${left} more arguments not recorded]`
  return argv.length < argumentsMax ? [...argv, mark] : [...argv.slice(0, -1), mark]
}

function argumentOf(pieces: ReadonlyMap<number, { text: string; quoted: boolean }> | undefined): string {
  if (pieces === undefined) return lost
  const parts = [...pieces].sort(([first], [second]) => first - second).map(([, piece]) => piece)
  if (parts.some((part) => part.quoted)) return parts.map((part) => part.text).join('')
  // Joined before decoding: a piece may end in the middle of a character.
  const text = parts.map((part) => part.text).join('')
  return hexBytes(text)?.toString('utf8') ?? text
}

export type AuditPath = { path: string; type: string }

/**
 * PATH records with a name, in order, without the folders that hold them. Relative names are under the working directory, unless the
 * call was relative to an open folder (`relativeToCwd` false): then they stay as they are, for the log does not tell which folder.
 */
export function pathsOf(event: AuditEvent, relativeToCwd: boolean): AuditPath[] {
  const cwd = relativeToCwd ? stringOf(recordOf(event, 'CWD')?.fields.get('cwd')) : undefined
  return event.records
    .filter((record) => record.type === 'PATH')
    .sort((first, second) => itemOf(first) - itemOf(second))
    .flatMap((record) => {
      const type = (record.fields.get('nametype') ?? record.fields.get('objtype'))?.text ?? 'NORMAL'
      const path = absolutePath(stringOf(record.fields.get('name')), cwd)
      return path === undefined || type === 'PARENT' ? [] : [{ path, type }]
    })
}

function itemOf(record: AuditRecord): number {
  return countOf(record.fields.get('item')?.text) ?? 0
}

function absolutePath(name: string | undefined, cwd: string | undefined): string | undefined {
  if (name === undefined) return undefined
  if (name.startsWith('/') || cwd === undefined || !cwd.startsWith('/')) return longText(name)
  const bare = name.replace(/^(?:\.\/)+/, '')
  return longText(`${cwd === '/' ? '' : cwd}/${bare}`)
}
