// The Linux audit log (auditd, or the kernel's own log of it): lines to events of several records, and those to facts. A record of ours
// is one audit EVENT, so that counts of records are fewer than lines; a line that is no audit record is refused on its own.

import { alertFacts } from './auditd-alert.ts'
import { type AuditEvent, createAuditAssembly } from './auditd-assembly.ts'
import type { AuditFact, AuditMeaning } from './auditd-fact.ts'
import { readAuditLine } from './auditd-line.ts'
import { loginFact, loginRecordOf } from './auditd-login.ts'
import { recordOf } from './auditd-process.ts'
import { meaningOfExecve, meaningOfSyscall } from './auditd-syscall.ts'
import { defined } from './normal-values.ts'
import type { RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'

export const auditd: RecordSource = {
  format: 'auditd',
  title: 'Linux audit log (auditd)',
  trust: 'kernel',
  framing: 'lines',
  looksLike: (head) =>
    head
      .split('\n', 20)
      .slice(0, 20)
      .some((line) => !/^\s*(?:[{"]|\[[{"])/.test(line) && readAuditLine(line).ok),
  open,
}

function open(context: RecordContext): RecordReader<string> {
  // The assembly calls back while a line is read, on idle and at the end: each time with the sink of that call.
  let current: RecordSink | undefined
  const assembly = createAuditAssembly(
    (event) => {
      if (current) tell(event, context, current)
    },
    () => current?.skipped('end of an event that is not open any more'),
  )
  const closeAll = (sink: RecordSink) => {
    current = sink
    assembly.closeAll()
  }
  return {
    read(line, sink) {
      current = sink
      const read = readAuditLine(line)
      if (read.ok) assembly.add(read.record, line)
      else sink.refused(read.reason)
    },
    idle: closeAll,
    end: closeAll,
  }
}

function tell(event: AuditEvent, context: RecordContext, sink: RecordSink): void {
  const meaning = meaningOf(event)
  if ('refused' in meaning) return sink.refused(meaning.refused, event.identity)
  if ('skipped' in meaning) return sink.skipped(meaning.skipped, event.identity)
  const host = event.host ?? context.host
  sink.understood(meaning.what, {
    events: meaning.facts.map((fact) => defined({ v: 1 as const, atMs: event.atMs, host, ...fact })),
    identity: event.identity,
  })
}

/** An event may be several things at once: a denied system call is an alert and a call that failed. */
function meaningOf(event: AuditEvent): AuditMeaning {
  const facts: AuditFact[] = alertFacts(event)
  const login = loginRecordOf(event)
  if (login) facts.push(loginFact(event, login))
  const what = login ? 'login' : 'alert'
  const call = recordOf(event, 'SYSCALL')
  if (call) {
    const meaning = meaningOfSyscall(event, call)
    if (facts.length === 0) return refineSkipped(meaning, event)
    return { what, facts: 'facts' in meaning ? [...facts, ...meaning.facts] : facts }
  }
  if (facts.length > 0) return { what, facts }
  if (recordOf(event, 'EXECVE')) return meaningOfExecve(event)
  const part = event.records.every((record) => parts.has(record.type))
  return { skipped: part ? 'part of an event without its system call' : otherType }
}

const parts = new Set(['CWD', 'PATH', 'SOCKADDR', 'PROCTITLE', 'OBJ_PID', 'FD_PAIR', 'MMAP', 'BPRM_FCAPS', 'IPC'])
const otherType = 'audit record that is neither call, login nor alert'

/** `auditctl` speaks to the kernel by a socket: that event is of the configuration, and its call says nothing. */
function refineSkipped(meaning: AuditMeaning, event: AuditEvent): AuditMeaning {
  const configured = 'skipped' in meaning && recordOf(event, 'CONFIG_CHANGE') !== undefined
  return configured ? { skipped: otherType } : meaning
}
