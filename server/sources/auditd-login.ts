// Logins, sudo commands and changes of accounts, as PAM, sshd, sudo and shadow tell them through the kernel.
import type { AuditEvent } from './auditd-assembly.ts'
import type { AuditFact } from './auditd-fact.ts'
import type { AuditRecord } from './auditd-line.ts'
import { processOf, recordOf } from './auditd-process.ts'
import { stringOf, userNameOf, userNumberOf, wordOf } from './auditd-values.ts'
import { addressOf, defined, longText, shortText } from './normal-values.ts'

const loginTypes = new Set([
  'LOGIN',
  'USER_AUTH',
  'USER_ACCT',
  'USER_MGMT',
  'USER_START',
  'USER_END',
  'USER_LOGIN',
  'USER_LOGOUT',
  'USER_ERR',
  'USER_CHAUTHTOK',
  'USER_CMD',
  'USER_ROLE_CHANGE',
  'CRED_ACQ',
  'CRED_DISP',
  'CRED_REFR',
  'ADD_USER',
  'DEL_USER',
  'ADD_GROUP',
  'DEL_GROUP',
  'GRP_MGMT',
  'GRP_AUTH',
  'GRP_CHAUTHTOK',
  'CHUSER_ID',
  'CHGRP_ID',
  'ACCT_LOCK',
  'ACCT_UNLOCK',
  'ROLE_ASSIGN',
  'ROLE_REMOVE',
])

export function loginRecordOf(event: AuditEvent): AuditRecord | undefined {
  return event.records.find((record) => loginTypes.has(record.type))
}

const outcomes = new Map<string, 'ok' | 'failed'>([
  ['success', 'ok'],
  ['yes', 'ok'],
  ['1', 'ok'],
  ['failed', 'failed'],
  ['fail', 'failed'],
  ['no', 'failed'],
  ['0', 'failed'],
])

/** `message` is the command that sudo ran, else what the program says it did. */
export function loginFact(event: AuditEvent, record: AuditRecord): AuditFact {
  const { fields } = record
  const newLogin = record.type === 'LOGIN' ? (fields.get('new-auid') ?? fields.get('auid')) : undefined
  const account = stringOf(fields.get('acct')) ?? stringOf(fields.get('grp'))
  const user =
    account ??
    userNameOf(fields.get('ID')) ??
    (newLogin === undefined ? undefined : userNameOf(fields.get('AUID'))) ??
    wordOf(fields.get('id')) ??
    userNumberOf(newLogin)
  const process = { ...processOf(event, recordOf(event, 'SYSCALL')), ...processOf(event, record) }
  const auid = userNumberOf(newLogin)
  return {
    kind: 'login.reported',
    data: defined({
      what: record.type,
      user: shortText(user),
      outcome: outcomes.get((fields.get('res') ?? fields.get('result'))?.text ?? '') ?? ('unknown' as const),
      address: addressOf(fields.get('addr')?.text) ?? addressOf(fields.get('hostname')?.text),
      process: auid === undefined ? process : { ...process, auid },
      message: longText(record.type === 'USER_CMD' ? stringOf(fields.get('cmd')) : wordOf(fields.get('op'))),
    }),
  }
}
