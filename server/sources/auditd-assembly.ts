// Puts the records of one audit event together. Events interleave and most logs do not mark their end, so an event waits; how many wait
// and for how long is bounded, and whatever is pushed out is still told. Must never hold more than the bounds below.
import type { AuditRecord } from './auditd-line.ts'

/** All records of one stamp on one node, each once. */
export type AuditEvent = {
  host: AuditRecord['host']
  stamp: string
  atMs: number
  records: readonly AuditRecord[]
  /** The same however its records were interleaved with others', and without the end mark, which many logs leave out. */
  identity: string
}

/** The kernel writes the records of an event within milliseconds; 2 s is what auditd's own tools wait (`end_of_event_timeout`). */
const waitsMsMax = 2_000
const openEventsMax = 256
const openCharsMax = 2 * 1024 * 1024
/** The longest real ones have a few hundred: a command line of 2 MB in EXECVE records of 7,500 characters. */
const recordsMax = 2_000

type OpenEvent = {
  host: AuditRecord['host']
  stamp: string
  atMs: number
  records: AuditRecord[]
  lines: Set<string>
  chars: number
}

export type AuditAssembly = {
  add(record: AuditRecord, line: string): void
  closeAll(): void
}

export function createAuditAssembly(closed: (event: AuditEvent) => void, endAlone: () => void): AuditAssembly {
  /** In the order of their first records. */
  const open = new Map<string, OpenEvent>()
  let openChars = 0

  function close(key: string, event: OpenEvent): void {
    open.delete(key)
    openChars -= event.chars
    const { host, stamp, atMs, records } = event
    closed({ host, stamp, atMs, records, identity: [...event.lines].sort().join('\n') })
  }

  function closeOldest(): void {
    for (const [key, event] of open) {
      close(key, event)
      return
    }
  }

  return {
    add(record, line) {
      const key = `${record.host ?? ''} ${record.stamp}`
      // Only against the same node's events: clocks of different nodes may be minutes apart.
      for (const [otherKey, event] of open) {
        if (event.host === record.host && record.atMs - event.atMs > waitsMsMax) close(otherKey, event)
      }
      const known = open.get(key)
      if (record.type === 'EOE') {
        if (known) close(key, known)
        else endAlone()
        return
      }
      const event = known ?? {
        host: record.host,
        stamp: record.stamp,
        atMs: record.atMs,
        records: [],
        lines: new Set<string>(),
        chars: 0,
      }
      if (!known) open.set(key, event)
      if (!event.lines.has(line)) {
        event.lines.add(line)
        event.records.push(record)
        event.chars += line.length
        openChars += line.length
      }
      const full = event.records.length >= recordsMax
      if (full || (isWhole(record) && event.records.length === 1)) close(key, event)
      while (open.size > openEventsMax || openChars > openCharsMax) closeOldest()
    },
    closeAll() {
      while (open.size > 0) closeOldest()
    },
  }
}

/** Messages of programs and of the daemon itself are events of one record: nothing is to be waited for. */
function isWhole(record: AuditRecord): boolean {
  return record.fromProgram || record.type.startsWith('DAEMON_')
}
