// What a system call means: processes, connections and files. Says nothing that the log does not: no protocol guessed from a port, no
// child's PID (the result of clone is a PID of the caller's own namespace), no end of a process where only a thread ended.
import type { ReportedProcess } from '../protocol/signal.ts'
import type { AuditEvent } from './auditd-assembly.ts'
import type { AuditFact, AuditMeaning } from './auditd-fact.ts'
import type { AuditRecord } from './auditd-line.ts'
import { argvOf, pathsOf, processOf, recordOf } from './auditd-process.ts'
import { socketAddressOf } from './auditd-sockaddr.ts'
import { syscallName } from './auditd-syscall-names.ts'
import { errorOf, pendingErrors, registerOf } from './auditd-values.ts'
import { countOf, defined, numberOf } from './normal-values.ts'

const skip = {
  call: 'system call that is no fact of ours',
  thread: 'start or end of a thread',
  unix: 'local socket (AF_UNIX)',
  netlink: 'local socket (AF_NETLINK)',
  family: 'socket that is not of the internet',
  noAddress: 'system call on a socket without its address',
  anyPort: 'bind to no certain port',
  noPath: 'system call on a file without its path',
}

/** ENRICHED names win: they were looked up on the machine itself. */
export function nameOfSyscall(record: AuditRecord): string | undefined {
  const enriched = record.fields.get('SYSCALL')?.text
  if (enriched !== undefined && /^[a-z][a-z0-9_]{1,31}$/.test(enriched) && enriched !== 'socketcall') return enriched
  const given = record.fields.get('syscall')?.text
  const number = countOf(given)
  if (number === undefined) return given !== undefined && /^[a-z][a-z0-9_]{1,31}$/.test(given) ? given : undefined
  return syscallName(record.fields.get('arch')?.text.toLowerCase() ?? '', number, record.fields.get('a0')?.text)
}

type Outcome = { succeeded?: boolean; error?: string; result?: number }

function outcomeOf(record: AuditRecord): Outcome {
  const success = record.fields.get('success')?.text
  const text = record.fields.get('exit')?.text
  const result = numberOf(text)
  // Interpreted logs and some shippers write the symbol instead of the number.
  const symbol = text !== undefined && /^E[A-Z0-9]{2,24}$/.test(text) ? text : undefined
  const error = success === 'yes' ? undefined : (symbol ?? errorOf(result))
  const pending = error !== undefined && pendingErrors.has(error)
  const succeeded = pending ? undefined : success === 'yes' ? true : success === 'no' ? false : undefined
  return defined({ succeeded, error, result })
}

export function meaningOfSyscall(event: AuditEvent, record: AuditRecord): AuditMeaning {
  const name = nameOfSyscall(record)
  const process = processOf(event, record)
  const outcome = outcomeOf(record)
  switch (name) {
    case 'execve':
    case 'execveat':
      return { what: 'execve', facts: [executed(event, process, outcome)] }
    case 'connect':
      return connection('connected', name, event, process, outcome)
    case 'accept':
    case 'accept4':
      return connection('accepted', 'accept', event, process, outcome)
    case 'bind':
      return connection('listening', name, event, process, outcome)
    case 'sendto':
    case 'sendmsg':
    case 'sendmmsg':
      return connection('sent', name, event, process, outcome)
    case 'exit_group': {
      // The kernel keeps the lowest eight bits of what the program says.
      const status = registerOf(record, 'a0')
      const exitCode = status === undefined ? undefined : Number(status & 0xffn)
      return {
        what: 'exit',
        facts: [{ kind: 'process.reported', data: defined({ what: 'exited' as const, process, exitCode }) }],
      }
    }
    case 'exit':
      return { skipped: skip.thread }
    case 'clone':
      if (((registerOf(record, 'a0') ?? 0n) & 0x10000n) !== 0n) return { skipped: skip.thread } // CLONE_THREAD
      return forked(process, outcome)
    case 'fork':
    case 'vfork':
      return forked(process, outcome)
    default:
      return file(name, event, record, process, outcome)
  }
}

/** Alone, as some exporters keep them: what was run, but not by whom. */
export function meaningOfExecve(event: AuditEvent): AuditMeaning {
  const process = processOf(event, undefined)
  return { what: 'execve', facts: [executed(event, process, {})] }
}

/** Where it failed, `exe` is what was to be run (the log has no arguments then), and `comm` is still the caller's. */
function executed(event: AuditEvent, process: ReportedProcess, { succeeded }: Outcome): AuditFact {
  const argv = argvOf(event)
  const wanted = pathsOf(event, true)[0]?.path
  const exe = succeeded === false || process.exe === undefined ? (wanted ?? process.exe) : process.exe
  return {
    kind: 'process.reported',
    data: defined({ what: 'executed' as const, process: defined({ ...process, argv, exe }), succeeded }),
  }
}

/** `process` is the one that forked. */
function forked(process: ReportedProcess, { succeeded }: Outcome): AuditMeaning {
  return {
    what: 'fork',
    facts: [{ kind: 'process.reported', data: defined({ what: 'forked' as const, process, succeeded }) }],
  }
}

function connection(
  what: 'connected' | 'accepted' | 'listening' | 'sent',
  name: string,
  event: AuditEvent,
  process: ReportedProcess,
  { succeeded, error, result }: Outcome,
): AuditMeaning {
  const record = recordOf(event, 'SOCKADDR')
  if (record === undefined) return { skipped: skip.noAddress }
  const address = socketAddressOf(record.fields.get('saddr')?.text)
  if (address === undefined) return { refused: 'socket address cannot be read' }
  if (address.family === 'unix') return { skipped: skip.unix }
  if (address.family === 'netlink') return { skipped: skip.netlink }
  if (address.family !== 'internet') return { skipped: skip.family }
  if (what === 'listening' && (address.end.port ?? 0) === 0) return { skipped: skip.anyPort }
  const bytesOut = what === 'sent' && name !== 'sendmmsg' && succeeded === true ? countOf(result) : undefined
  return {
    what: name,
    facts: [
      {
        kind: 'connection.reported',
        data: defined({
          what,
          process,
          protocol: 'unknown',
          local: what === 'listening' ? address.end : undefined,
          remote: what === 'listening' ? undefined : address.end,
          succeeded,
          error,
          bytesOut,
        }),
      },
    ],
  }
}

type FileWhat = Extract<AuditFact, { kind: 'file.reported' }>['data']['what']

/** `folder`: the register that holds the open folder to which the name is relative. */
const fileCalls = new Map<string, { what: FileWhat; folder?: string; flags?: string }>([
  ['open', { what: 'opened', flags: 'a1' }],
  ['openat', { what: 'opened', folder: 'a0', flags: 'a2' }],
  ['openat2', { what: 'opened', folder: 'a0' }],
  ['creat', { what: 'written' }],
  ['truncate', { what: 'written' }],
  ['unlink', { what: 'deleted' }],
  ['unlinkat', { what: 'deleted', folder: 'a0' }],
  ['rmdir', { what: 'deleted' }],
  ['rename', { what: 'renamed' }],
  ['renameat', { what: 'renamed', folder: 'a0' }],
  ['renameat2', { what: 'renamed', folder: 'a0' }],
  ['chmod', { what: 'changed' }],
  ['fchmodat', { what: 'changed', folder: 'a0' }],
  ['fchmodat2', { what: 'changed', folder: 'a0' }],
  ['chown', { what: 'changed' }],
  ['lchown', { what: 'changed' }],
  ['fchownat', { what: 'changed', folder: 'a0' }],
  ['setxattr', { what: 'changed' }],
  ['lsetxattr', { what: 'changed' }],
  ['removexattr', { what: 'changed' }],
  ['lremovexattr', { what: 'changed' }],
  ['link', { what: 'other' }],
  ['linkat', { what: 'other', folder: 'a0' }],
  ['symlink', { what: 'other' }],
  ['symlinkat', { what: 'other', folder: 'a1' }],
  ['mkdir', { what: 'other' }],
  ['mkdirat', { what: 'other', folder: 'a0' }],
  ['mknod', { what: 'other' }],
  ['mknodat', { what: 'other', folder: 'a0' }],
])

/** AT_FDCWD is -100 as an int: its upper half is whatever the register held. */
const currentFolder = 0xffffff9cn

/** Audit never logs a write: opening for writing counts as one, as it does in audit's own `-p w` rules. Both names of a rename are told. */
function file(
  name: string | undefined,
  event: AuditEvent,
  record: AuditRecord,
  process: ReportedProcess,
  { succeeded }: Outcome,
): AuditMeaning {
  const call = name === undefined ? undefined : fileCalls.get(name)
  if (call === undefined) return { skipped: skip.call }
  const folder = call.folder === undefined ? undefined : registerOf(record, call.folder)
  const relativeToCwd = call.folder === undefined || (folder !== undefined && (folder & 0xffffffffn) === currentFolder)
  const paths = pathsOf(event, relativeToCwd)
  const flags = call.flags === undefined ? undefined : registerOf(record, call.flags)
  const forWriting = flags !== undefined && (flags & 3n) !== 0n
  const what = call.what === 'opened' && (forWriting || paths.some(isCreated)) ? 'written' : call.what
  // Of several names the last is the one that the call was about; the first may be a link's target or a file that was replaced.
  const about = what === 'renamed' ? paths.map(({ path }) => path) : paths.slice(-1).map(({ path }) => path)
  if (about.length === 0) return { skipped: skip.noPath }
  return {
    what: 'file',
    facts: [...new Set(about)]
      .slice(0, 4)
      .map((path) => ({ kind: 'file.reported', data: defined({ what, process, path, succeeded }) })),
  }
}

const isCreated = ({ type }: { type: string }): boolean => type === 'CREATE'
