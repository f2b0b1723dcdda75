// Values of audit fields. A string that holds a blank, a quote or a control character is written as bare hex, every other one in quotes;
// a bare number of a register looks like hex too, so only fields that are known to be strings may come here.

import type { AuditField, AuditRecord } from './auditd-line.ts'
import { countOf } from './normal-values.ts'

/** What the audit log writes for "not set" in uid, auid and session: -1 as an unsigned number. */
const unset = 4_294_967_295
const absent = new Set(['', '?', '(null)', '(none)', '(unknown)'])

export function hexBytes(text: string): Buffer | undefined {
  return text.length > 0 && text.length % 2 === 0 && /^[0-9A-Fa-f]+$/.test(text) ? Buffer.from(text, 'hex') : undefined
}

/** A string field: literal in quotes, else hex of UTF-8, else as it stands. Undefined where the log says that there is none. */
export function stringOf(field: AuditField | undefined): string | undefined {
  if (field === undefined) return undefined
  if (field.quoted) return field.text === '' || field.text === '?' ? undefined : field.text
  if (absent.has(field.text)) return undefined
  return hexBytes(field.text)?.toString('utf8') ?? field.text
}

/** A bare word that is never hex: `op`, `res`, `addr`, `hostname`. */
export function wordOf(field: AuditField | undefined): string | undefined {
  return field === undefined || absent.has(field.text) ? undefined : field.text
}

export function userNumberOf(field: AuditField | undefined): number | undefined {
  const number = countOf(field?.text)
  return number === unset ? undefined : number
}

/** ENRICHED name of a user: `UID="root"`; an unset one is written as `unset`. */
export function userNameOf(field: AuditField | undefined): string | undefined {
  const name = wordOf(field)
  return name === 'unset' || name?.startsWith('unknown(') === true ? undefined : name
}

/** A register: hex without `0x`. Undefined beyond 64 bits. */
export function registerOf(record: AuditRecord, name: string): bigint | undefined {
  const text = record.fields.get(name)?.text
  return text !== undefined && /^[0-9A-Fa-f]{1,16}$/.test(text) ? BigInt(`0x${text}`) : undefined
}

const errors = (
  'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ' +
  'ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ' +
  'ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP'
).split(' ')
const laterErrors: Readonly<Record<number, string>> = {
  71: 'EPROTO',
  88: 'ENOTSOCK',
  89: 'EDESTADDRREQ',
  90: 'EMSGSIZE',
  91: 'EPROTOTYPE',
  93: 'EPROTONOSUPPORT',
  95: 'EOPNOTSUPP',
  97: 'EAFNOSUPPORT',
  98: 'EADDRINUSE',
  99: 'EADDRNOTAVAIL',
  100: 'ENETDOWN',
  101: 'ENETUNREACH',
  102: 'ENETRESET',
  103: 'ECONNABORTED',
  104: 'ECONNRESET',
  105: 'ENOBUFS',
  106: 'EISCONN',
  107: 'ENOTCONN',
  108: 'ESHUTDOWN',
  110: 'ETIMEDOUT',
  111: 'ECONNREFUSED',
  112: 'EHOSTDOWN',
  113: 'EHOSTUNREACH',
  114: 'EALREADY',
  115: 'EINPROGRESS',
  125: 'ECANCELED',
  512: 'ERESTARTSYS',
  513: 'ERESTARTNOINTR',
  514: 'ERESTARTNOHAND',
  516: 'ERESTART_RESTARTBLOCK',
}

/** Symbol of a negative result of a system call (errno of all architectures but alpha, mips, parisc and sparc). */
export function errorOf(result: number | undefined): string | undefined {
  if (result === undefined || !Number.isInteger(result) || result >= 0 || result < -4_095) return undefined
  return errors[-result - 1] ?? laterErrors[-result] ?? `errno ${-result}`
}

/** Begun or to be tried again: neither done nor failed. */
export const pendingErrors: ReadonlySet<string> = new Set([
  'EINPROGRESS',
  'EALREADY',
  'EINTR',
  'ERESTARTSYS',
  'ERESTARTNOINTR',
  'ERESTARTNOHAND',
  'ERESTART_RESTARTBLOCK',
])
