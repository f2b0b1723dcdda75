// What the kernel itself judges (denials, anomalies), and every way to make the audit log say less: whoever silences it must be seen.
import type { Severity } from '../protocol/signal.ts'
import type { AuditEvent } from './auditd-assembly.ts'
import type { AuditFact } from './auditd-fact.ts'
import type { AuditRecord } from './auditd-line.ts'
import { processOf, recordOf } from './auditd-process.ts'
import { stringOf, wordOf } from './auditd-values.ts'
import { countOf, defined, longText, shortText } from './normal-values.ts'

type Judgement = {
  title: string
  severity: Severity
  action: 'blocked' | 'allowed' | 'unknown'
  category: string
  ruleId?: string | undefined
}

const anomalies = new Map<string, string>([
  ['ANOM_ABEND', 'Process ended abnormally'],
  ['ANOM_LINK', 'Suspicious use of a link'],
  ['ANOM_CREAT', 'Suspicious creation of a file'],
  ['ANOM_LOGIN_FAILURES', 'Too many failed logins'],
  ['ANOM_LOGIN_TIME', 'Login at a forbidden time'],
  ['ANOM_LOGIN_SESSIONS', 'Too many sessions'],
  ['ANOM_LOGIN_ACCT', 'Login to a forbidden account'],
  ['ANOM_LOGIN_LOCATION', 'Login from a forbidden place'],
  ['ANOM_ROOT_TRANS', 'User became root'],
  ['ANOM_MK_EXEC', 'File made executable'],
  ['ANOM_EXEC', 'Anomalous execution'],
])

/** A denied call may have several denials; thousands would be somebody's making. */
const alertsMax = 8

/** The alerts of an event, at most one a record; empty where no record of it is a judgement. */
export function alertFacts(event: AuditEvent): AuditFact[] {
  const judged = event.records.flatMap((record) => {
    const judgement = judge(record)
    return judgement === undefined ? [] : [{ record, judgement }]
  })
  return judged.slice(0, alertsMax).map(({ record, judgement }) => {
    // The caller is in SYSCALL where there is one; the record's own fields are of the process it speaks of.
    const process = { ...processOf(event, recordOf(event, 'SYSCALL')), ...processOf(event, record) }
    const { ruleId, ...rest } = judgement
    return {
      kind: 'alert.raised',
      data: defined({
        basis: 'host' as const,
        ...rest,
        ruleId: shortText(ruleId),
        message: longText(record.text.split('\x1d', 1)[0]?.trim()),
        process: Object.keys(process).length === 0 ? undefined : process,
      }),
    }
  })
}

function judge(record: AuditRecord): Judgement | undefined {
  const { type, fields } = record
  if (type === 'CONFIG_CHANGE') return judgeConfiguration(record)
  if (type === 'DAEMON_END') return silenced('Audit daemon stopped')
  if (type === 'DAEMON_ABORT') return silenced('Audit daemon aborted')
  if (type === 'SERVICE_STOP' && /^auditd(?:\.service)?$/.test(fields.get('unit')?.text ?? '')) {
    return silenced('Audit service stopped')
  }
  if (type === 'AVC' || type === 'USER_AVC' || type === 'APPARMOR_DENIED') return judgeAccess(record)
  if (type === 'SECCOMP') return judgeSeccomp(record)
  if (type === 'ANOM_PROMISCUOUS') {
    const ended = wordOf(fields.get('prom')) === '0'
    const title = ended ? 'Network interface left promiscuous mode' : 'Network interface entered promiscuous mode'
    return { title, severity: ended ? 'info' : 'low', action: 'unknown', category: type }
  }
  if (type.startsWith('ANOM_')) {
    const title = anomalies.get(type) ?? 'Anomaly reported by the audit log'
    return { title, severity: 'low', action: 'unknown', category: shortText(type) ?? 'ANOM' }
  }
  return undefined
}

function silenced(title: string, failed = false, ruleId?: string): Judgement {
  return { title, severity: 'medium', action: failed ? 'blocked' : 'allowed', category: 'audit configuration', ruleId }
}

/** Rules added and sizes set are no news; a rule taken away and auditing switched off are. */
function judgeConfiguration({ fields }: AuditRecord): Judgement | undefined {
  const failed = fields.get('res')?.text === '0'
  const operation = fields.get('op')?.text.replace(' ', '_')
  if (operation === 'remove_rule' || operation === 'autoremove_rule') {
    return silenced('Audit rule removed', failed, stringOf(fields.get('key')))
  }
  return fields.get('audit_enabled')?.text === '0' ? silenced('Auditing switched off', failed) : undefined
}

/** SELinux: `avc:  denied  { read } for …`; AppArmor: `apparmor="DENIED" operation=…`. What was granted or is only loaded is no alert. */
function judgeAccess({ type, fields, text }: AuditRecord): Judgement | undefined {
  const apparmor = fields.get('apparmor')?.text
  if (apparmor !== undefined || type === 'APPARMOR_DENIED') {
    if (apparmor === 'ALLOWED' || apparmor === 'DENIED' || apparmor === undefined) {
      const action = apparmor === 'ALLOWED' ? 'allowed' : 'blocked'
      const ruleId = stringOf(fields.get('profile'))
      return { title: 'AppArmor denial', severity: 'low', action, category: 'AVC', ruleId }
    }
    return undefined
  }
  if (!text.includes('denied')) return undefined
  const permissive = fields.get('permissive')?.text === '1'
  const title = 'SELinux denial'
  return { title, severity: 'low', action: permissive ? 'allowed' : 'blocked', category: type }
}

/** By the action in the upper half of `code` (SECCOMP_RET_*); without one it was the old strict mode, which kills. */
function judgeSeccomp({ fields }: AuditRecord): Judgement {
  const code = fields.get('code')?.text
  const value = code === undefined || !/^0x[0-9a-f]{1,8}$/i.test(code) ? undefined : Number(code) & 0xffff_0000
  const stops = value === undefined ? countOf(fields.get('sig')?.text) !== 0 : stopping.has(value >>> 16)
  const passes = value !== undefined && passing.has(value >>> 16)
  const action = stops ? 'blocked' : passes ? 'allowed' : 'unknown'
  return { title: 'System call caught by seccomp', severity: 'low', action, category: 'SECCOMP' }
}

/** Kill the process, kill the thread, trap, answer with an error. */
const stopping = new Set([0x8000, 0x0000, 0x0003, 0x0005])
/** Log and allow. */
const passing = new Set([0x7ffc, 0x7fff])
