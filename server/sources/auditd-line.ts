// One line of the Linux audit log to its stamp and fields, whatever carried it: audit.log, syslog, a remote node, raw or ENRICHED.
// Values are decoded only by their readers: whether bare text is hex or a register depends on the field. Nothing here backtracks.
// Source: audit-userspace `auparse`, and https://github.com/linux-audit/audit-documentation/wiki (SPEC Writing Good Events).
import type { HostId } from '../protocol/ids.ts'
import { hostOf, timeMs } from './normal-values.ts'

export type AuditField = { text: string; quoted: boolean }

export type AuditRecord = {
  /** `SYSCALL`, `EXECVE`; a number that we have no name for stays as its digits. */
  type: string
  /** From `node=`, or from the syslog line that carried the record. */
  host: HostId | undefined
  /** One event has one stamp on one node: `seconds.millis:serial`. */
  stamp: string
  atMs: number
  fields: ReadonlyMap<string, AuditField>
  /** What follows the stamp, as it stands: for messages that are prose. */
  text: string
  /** Sent by a program through the kernel (`msg='…'`), not by the kernel: such an event has this one record. */
  fromProgram: boolean
}

export type AuditLine = { ok: true; record: AuditRecord } | { ok: false; reason: string }

export const noAuditRecordReason = 'line is no audit record: it has no type and audit(time:serial) stamp'
export const interpretedReason = 'times are written out (ausearch -i): export the raw records instead'
export const auditTimeReason = 'audit time is outside of the years 2000 to 2100'

/** A stamp further to the right is text of somebody's argument, not the record's. */
const prefixChars = 512
const fieldsMax = 20_000

/** Of linux/audit.h, for records that come by the kernel's own log with numbers: those that we read. */
const typeNames = new Map<string, string>(
  Object.entries({
    1006: 'LOGIN',
    1100: 'USER_AUTH',
    1101: 'USER_ACCT',
    1102: 'USER_MGMT',
    1103: 'CRED_ACQ',
    1104: 'CRED_DISP',
    1105: 'USER_START',
    1106: 'USER_END',
    1107: 'USER_AVC',
    1108: 'USER_CHAUTHTOK',
    1109: 'USER_ERR',
    1110: 'CRED_REFR',
    1112: 'USER_LOGIN',
    1113: 'USER_LOGOUT',
    1114: 'ADD_USER',
    1115: 'DEL_USER',
    1116: 'ADD_GROUP',
    1117: 'DEL_GROUP',
    1123: 'USER_CMD',
    1130: 'SERVICE_START',
    1131: 'SERVICE_STOP',
    1200: 'DAEMON_START',
    1201: 'DAEMON_END',
    1202: 'DAEMON_ABORT',
    1203: 'DAEMON_CONFIG',
    1300: 'SYSCALL',
    1302: 'PATH',
    1305: 'CONFIG_CHANGE',
    1306: 'SOCKADDR',
    1307: 'CWD',
    1309: 'EXECVE',
    1320: 'EOE',
    1326: 'SECCOMP',
    1327: 'PROCTITLE',
    1400: 'AVC',
    1700: 'ANOM_PROMISCUOUS',
    1701: 'ANOM_ABEND',
    1702: 'ANOM_LINK',
  }),
)

export function readAuditLine(line: string): AuditLine {
  const open = line.slice(0, prefixChars).indexOf('audit(')
  const close = open === -1 ? -1 : line.indexOf(')', open)
  if (open === -1 || close === -1 || close - open > 64) return { ok: false, reason: noAuditRecordReason }
  const head = line.slice(0, open).split(/\s+/)
  if (head.at(-1) === 'msg=' || head.at(-1) === '') head.pop()
  const typeWord = head.pop()
  if (typeWord === undefined || !typeWord.startsWith('type=')) return { ok: false, reason: noAuditRecordReason }
  const stamp = line.slice(open + 6, close)
  const parts = /^(\d{1,12})\.(\d{1,3}):(\d{1,20})$/.exec(stamp)
  if (!parts) {
    const writtenOut = /^\d[\d/.-]*\s+\d\d:\d\d:\d\d/.test(stamp)
    return { ok: false, reason: writtenOut ? interpretedReason : noAuditRecordReason }
  }
  const atMs = timeMs(Number(parts[1]) * 1000 + Number((parts[2] ?? '').padEnd(3, '0')))
  if (atMs === undefined) return { ok: false, reason: auditTimeReason }
  const text = line.slice(close + 1).replace(/^\s*:/, '')
  const { fields, fromProgram } = readFields(text)
  return {
    ok: true,
    record: { type: typeOf(typeWord.slice(5)), host: hostOfPrefix(head), stamp, atMs, fields, text, fromProgram },
  }
}

/** `1300`, `UNKNOWN[1329]` or the name itself. */
function typeOf(word: string): string {
  const number = /^(?:UNKNOWN\[)?(\d{1,6})\]?$/.exec(word)?.[1]
  return number === undefined ? word : (typeNames.get(number) ?? number)
}

const months = new Set('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' '))

/** Of `node=NAME`, `Jan  1 00:00:00 NAME kernel: …` or `2026-01-01T00:00:00Z NAME kernel: …`. */
function hostOfPrefix(words: readonly string[]): HostId | undefined {
  const node = words.find((word) => word.startsWith('node='))
  if (node !== undefined) return hostOf(node.slice(5))
  const [stampWord = '', second, third, fourth, fifth] = words
  const first = stampWord.replace(/^<\d{1,3}>/, '')
  if (months.has(first) && fifth?.endsWith(':') === true && third !== undefined) return hostOf(fourth)
  return /^\d{4}-\d\d-\d\dT/.test(first) && third?.endsWith(':') === true ? hostOf(second) : undefined
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x1d

/**
 * The first of equal names counts: the kernel writes its own fields before text of a program's, which could repeat them.
 * ENRICHED fields have names in capitals, so both sets fit in one map.
 */
function readFields(text: string, inMessage = false): { fields: Map<string, AuditField>; fromProgram: boolean } {
  const fields = new Map<string, AuditField>()
  let fromProgram = false
  let at = 0
  let word = ''
  while (at < text.length && fields.size < fieldsMax) {
    if (isSpace(text.charCodeAt(at))) {
      at += 1
      continue
    }
    const start = at
    while (at < text.length && !isSpace(text.charCodeAt(at)) && text[at] !== '=') at += 1
    if (text[at] !== '=') {
      word = text.slice(start, at)
      continue
    }
    // RHEL 5 puts the last fields into brackets: `(hostname=?, addr=?, terminal=ssh res=success)`.
    const key = text.slice(text[start] === '(' ? start + 1 : start, at)
    at += 1
    const quote = text[at]
    if (quote === "'" && key === 'msg' && !inMessage) {
      // The whole of a program's message, never one inside of another. It ends at the last quote: the names in it may hold one.
      const enriched = text.indexOf('\x1d', at)
      const end = text.lastIndexOf("'", enriched === -1 ? text.length : enriched)
      const inner = readFields(text.slice(at + 1, end > at ? end : undefined), true)
      for (const [name, value] of inner.fields) if (!fields.has(name)) fields.set(name, value)
      fromProgram = true
      at = end > at ? end + 1 : text.length
      continue
    }
    let end: number
    const quoted = quote === '"' || quote === "'"
    if (quoted) {
      const found = text.indexOf(quote, at + 1)
      end = found === -1 ? text.length : found
      at += 1
    } else {
      end = at
      while (end < text.length && !isSpace(text.charCodeAt(end))) end += 1
    }
    const value = text.slice(at, end)
    at = quoted ? end + 1 : end
    // RHEL 6 writes `old auid=… new auid=…`.
    const name = word === 'old' || word === 'new' ? `${word}-${key}` : key
    word = ''
    if (!fields.has(name)) fields.set(name, { text: quoted ? value : withoutPunctuation(value), quoted })
  }
  return { fields, fromProgram }
}

/** `(null)` stays as it is. */
function withoutPunctuation(value: string): string {
  const bare = value.endsWith(',') ? value.slice(0, -1) : value
  return bare.endsWith(')') && !bare.includes('(') ? bare.slice(0, -1) : bare
}
