// The audit log: lines that interleave become events, events become facts; and what damaged ones cost.
// Recordings: auditd-recordings.test.ts.
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { auditd } from './auditd.ts'
import { socketAddressOf } from './auditd-sockaddr.ts'
import { createIntake } from './intake.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const second = 1_795_228_009
const stampOf = (serial: number, millis = 330, at = second) =>
  `audit(${at}.${String(millis).padStart(3, '0')}:${serial})`
const who =
  'ppid=700 pid=701 auid=4294967295 uid=7001 gid=7001 tty=(none) ses=4294967295 comm="vigil" exe="/usr/bin/vigil"'

/** A call on x86_64; `args` are its registers. */
function call(serial: number, number: number, result: string, args = 'a0=3 a1=0 a2=0 a3=0', millis = 330): string {
  return `type=SYSCALL msg=${stampOf(serial, millis)}: arch=c000003e syscall=${number} ${result} ${args} items=1 ${who} key="k"`
}
const part = (serial: number, type: string, text: string): string => `type=${type} msg=${stampOf(serial)}: ${text}`
const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase()
const ok = 'success=yes exit=0'

const exec = (serial: number): string[] => [
  call(serial, 59, ok),
  part(serial, 'EXECVE', `argc=3 a0="sh" a1="-c" a2=${hex('echo "a b"')}`),
  part(serial, 'CWD', 'cwd="/srv/vigil"'),
  part(serial, 'PATH', 'item=0 name="/bin/sh" nametype=NORMAL'),
  part(serial, 'PROCTITLE', `proctitle=${hex('sh\0-c')}`),
]
const connect = (serial: number, result: string, saddr: string): string[] => [
  call(serial, 42, result),
  part(serial, 'SOCKADDR', `saddr=${saddr}`),
  part(serial, 'PROCTITLE', 'proctitle="vigil"'),
]
const inet = '020001BBC63364070000000000000000' // 198.51.100.7:443

function facts(lines: readonly string[]): (EventInput['data'] & Record<string, unknown>)[] {
  const read = readAll(auditd, lines.join('\n'))
  expect(read.refusals).toEqual([])
  return read.made.map(({ data }) => data as EventInput['data'] & Record<string, unknown>)
}
const skippedOf = (lines: readonly string[]) => readAll(auditd, lines.join('\n')).skipped.map(({ reason }) => reason)

describe('the audit log: events of several lines', () => {
  it('makes one executed program of the records of one event', () => {
    const read = readAll(auditd, exec(12).join('\n'), { host: undefined })
    expect(read).toMatchObject({ lines: 5, records: 1, events: 1, understood: [{ what: 'execve', count: 1 }] })
    expect(read.made[0]).toMatchObject({ kind: 'process.reported', atMs: second * 1000 + 330 })
    expect(read.made[0]?.data).toEqual({
      what: 'executed',
      succeeded: true,
      process: {
        pid: 701,
        ppid: 700,
        uid: 7001,
        comm: 'vigil',
        exe: '/usr/bin/vigil',
        cwd: '/srv/vigil',
        argv: ['sh', '-c', 'echo "a b"'],
      },
    })
  })

  it('gives the same events, with the same ids, when the lines of several events interleave and have end marks', () => {
    const [first, other] = [exec(12), connect(13, ok, inet)]
    const apart = readAll(auditd, [...first, ...other].join('\n'))
    const mixed: string[] = []
    for (let index = 0; index < 5; index += 1)
      mixed.push(...first.slice(index, index + 1), ...other.slice(index, index + 1))
    mixed.push(`type=EOE msg=${stampOf(12)}: `, `type=EOE msg=${stampOf(13)}`)
    const together = readAll(auditd, mixed.join('\n'))
    expect(together.records).toBe(2)
    expect(together.made).toEqual(apart.made)
    expect(new Set(apart.made.map(({ id }) => id)).size).toBe(2)
  })

  it('closes an event when the log has moved on by two seconds, but not by another node’s clock', () => {
    const made: EventInput[] = []
    const intake = createIntake(auditd, { nowMs: testNowMs }, { event: (e) => made.push(e), sample() {}, refused() {} })
    const push = (line: string) => intake.push(new TextEncoder().encode(`${line}\n`))
    for (const line of exec(12)) push(`node=vigil-a ${line}`)
    push(`node=vigil-b type=CWD msg=${stampOf(1, 0, second + 600)}: cwd="/"`)
    expect(made).toHaveLength(0)
    push(`node=vigil-a type=CWD msg=${stampOf(14, 0, second + 3)}: cwd="/"`)
    expect(made).toMatchObject([{ host: 'vigil-a' }])
    for (const line of connect(15, ok, inet)) push(line)
    expect(made).toHaveLength(1)
    intake.idle()
    expect(made).toHaveLength(2)
    intake.end()
    expect(intake.counts()).toMatchObject({ records: 4, events: 2 })
  })

  it('holds a bounded number of open events, and tells every one', () => {
    const lines = Array.from({ length: 2_000 }, (_, serial) => call(serial, 59, ok))
    const read = readAll(auditd, lines.join('\n'))
    expect(read).toMatchObject({ records: 2_000, events: 2_000 })
    const large = Array.from({ length: 12 }, (_, serial) =>
      part(serial, 'EXECVE', `argc=1 a0="${'x'.repeat(700_000)}"`),
    )
    expect(readAll(auditd, large.join('\n'))).toMatchObject({ records: 12, events: 12 })
  })

  it('stays quick and whole on lines that were made to hurt', () => {
    const nested = part(1, 'USER_LOGIN', `pid=1 ${"msg='".repeat(200_000)}`)
    const fields = part(2, 'SYSCALL', 'a=1 '.repeat(200_000))
    const denials = Array.from({ length: 5_000 }, (_, index) => part(3, 'AVC', `denied item=${index}`))
    const started = performance.now()
    const read = readAll(auditd, [nested, fields, ...denials, ' '.repeat(100_000), '__proto__=1'].join('\n'))
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(read).toMatchObject({ refusals: [{ raw: '__proto__=1' }], records: 6 })
    expect(read.events).toBe(1 + 3 * 8)
  })

  it('refuses a line that is no record on its own, and says when records were exported as prose', () => {
    const read = readAll(
      auditd,
      [
        ...exec(12).slice(0, 2),
        'type=UNKNOWN[1329] msg=?',
        'nonsense',
        'type=SYSCALL msg=audit(11/21/2026 02:26:49.330:12) : arch=x86_64 syscall=execve success=yes',
        'type=SYSCALL msg=audit(12.000:1): arch=c000003e',
        `type=EOE msg=${stampOf(99)}:`,
        ...exec(12).slice(2),
      ].join('\n'),
    )
    expect(read).toMatchObject({ records: 6, events: 1 })
    expect(read.refusals.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('no audit record'),
      expect.stringContaining('no audit record'),
      expect.stringContaining('ausearch -i'),
      expect.stringContaining('2000 to 2100'),
    ])
    expect(read.skipped).toMatchObject([{ reason: 'end of an event that is not open any more', count: 1 }])
  })

  it('reads records that came by syslog with numbers for types, and takes the host from there', () => {
    const [sys, argv] = exec(12).map((line) =>
      line.replace('type=SYSCALL msg=', 'type=1300 ').replace('type=EXECVE msg=', 'type=1309 '),
    )
    const bySyslog = readAll(
      auditd,
      [`Nov 21 02:26:49 gpu-7 kernel: [   12.3] audit: ${sys}`, `<6>Nov 21 02:26:49 gpu-7 kernel: audit: ${argv}`].join(
        '\n',
      ),
      { host: undefined },
    )
    expect(bySyslog.made).toMatchObject([{ host: 'gpu-7', data: { process: { argv: ['sh', '-c', 'echo "a b"'] } } }])
    const iso = readAll(auditd, `2026-11-21T02:26:49Z gpu-8 audisp[9]: type=EXECVE msg=${stampOf(4)}: argc=1 a0="ls"`)
    expect(iso.made).toMatchObject([{ host: 'gpu-8' }])
  })

  it('prefers ENRICHED names, which were looked up where the numbers mean something', () => {
    const line = `${call(12, 11, ok).replace('c000003e', 'c0000015')}\x1dARCH=ppc64le SYSCALL=execve AUID="unset" UID="agent"`
    expect(facts([line, ...exec(12).slice(1)])).toMatchObject([{ what: 'executed', process: { user: 'agent' } }])
  })
})

describe('the audit log: processes', () => {
  it('joins long arguments that the kernel splits, over several records and inside of a character', () => {
    const euro = hex('10 €')
    expect(
      facts([
        call(12, 59, ok),
        part(12, 'EXECVE', `argc=4 a0="echo" a1_len=12 a1[0]=${euro.slice(0, 8)}`),
        part(12, 'EXECVE', `a1[1]=${euro.slice(8)} a2="" a3="ff"`),
      ]),
    ).toMatchObject([{ process: { argv: ['echo', '10 €', '', 'ff'] } }])
  })

  it('marks arguments that were not recorded instead of closing the gap', () => {
    const read = facts([call(12, 59, ok), part(12, 'EXECVE', 'argc=9 a0="x" a2="y" a999999="z"')])
    expect(read).toMatchObject([
      { process: { argv: ['x', '[not recorded]', 'y', '… [6 more arguments not recorded]'] } },
    ])
  })

  it('tells a failed execve with the path that was tried', () => {
    expect(
      facts([
        call(12, 59, 'success=no exit=-2'),
        part(12, 'CWD', 'cwd="/srv"'),
        part(12, 'PATH', 'item=0 name="./miner" nametype=UNKNOWN'),
      ]),
    ).toMatchObject([{ what: 'executed', succeeded: false, process: { pid: 701, comm: 'vigil', exe: '/srv/miner' } }])
  })

  it('takes no register for a text, and no thread for a process', () => {
    expect(facts([call(12, 231, '', 'a0=101 a1=0')])).toMatchObject([{ what: 'exited', exitCode: 1 }])
    expect(facts([call(12, 56, 'success=yes exit=9', 'a0=1200011')])).toMatchObject([
      { what: 'forked', process: { pid: 701 } },
    ])
    expect(skippedOf([call(12, 56, 'success=yes exit=9', 'a0=3d0f00')])).toEqual(['start or end of a thread'])
    expect(skippedOf([call(12, 60, '', 'a0=0')])).toEqual(['start or end of a thread'])
  })

  it('knows the same number as another call on another architecture', () => {
    const on = (arch: string, number: number, args = 'a0=3') => [
      call(12, number, ok, args).replace('c000003e', arch),
      part(12, 'SOCKADDR', `saddr=${inet}`),
    ]
    expect(facts(on('c00000b7', 203))).toMatchObject([{ what: 'connected' }])
    expect(facts(on('40000003', 362))).toMatchObject([{ what: 'connected' }])
    expect(facts(on('40000003', 102))).toMatchObject([{ what: 'connected' }])
    expect(facts(on('40000028', 283))).toMatchObject([{ what: 'connected' }])
    expect(skippedOf(on('c00000b7', 42))).toHaveLength(1)
    expect(skippedOf(on('deadbeef', 42))).toHaveLength(1)
  })
})

describe('the audit log: connections', () => {
  it('says whether a connection came about, and why not; one that is under way is neither', () => {
    const [done, refused, begun] = [
      ...facts(connect(1, ok, inet)),
      ...facts(connect(1, 'success=no exit=-111', inet)),
      ...facts(connect(1, 'success=no exit=-115', inet)),
    ]
    expect(done).toMatchObject({
      what: 'connected',
      protocol: 'unknown',
      remote: { address: '198.51.100.7', port: 443 },
      succeeded: true,
      process: { pid: 701, uid: 7001 },
    })
    expect(refused).toMatchObject({ succeeded: false, error: 'ECONNREFUSED' })
    expect(begun).toMatchObject({ error: 'EINPROGRESS' })
    expect(begun?.succeeded).toBeUndefined()
  })

  it('tells accepted, listening and sent apart, and counts what was sent', () => {
    const socket = (number: number, result = ok) => [call(1, number, result), part(1, 'SOCKADDR', `saddr=${inet}`)]
    const end = { address: '198.51.100.7', port: 443 }
    expect(facts(socket(288, 'success=yes exit=7'))).toMatchObject([{ what: 'accepted', remote: end }])
    expect(facts(socket(44, 'success=yes exit=99'))).toMatchObject([{ what: 'sent', remote: end, bytesOut: 99 }])
    const [listening] = facts(socket(49))
    expect(listening).toMatchObject({ what: 'listening', local: end })
    expect(listening?.remote).toBeUndefined()
    expect(skippedOf([call(1, 49, ok), part(1, 'SOCKADDR', 'saddr=02000000000000000000000000000000')])).toEqual([
      'bind to no certain port',
    ])
  })

  it('reads IPv6 in its shortest form, IPv4 inside of IPv6, and the byte order of big machines', () => {
    const v6 = (address: string) => `0A000016${'00000000'}${address}00000000`
    expect(socketAddressOf(v6('20010DB8000000000000000000000001'))).toEqual({
      family: 'internet',
      end: { address: '2001:db8::1', port: 22 },
    })
    expect(socketAddressOf(v6('00000000000000000000FFFFC0000205'))).toMatchObject({ end: { address: '192.0.2.5' } })
    expect(socketAddressOf('00020050C0000205')).toMatchObject({ end: { address: '192.0.2.5', port: 80 } })
    expect(socketAddressOf('0200')).toBeUndefined()
    expect(socketAddressOf('02zz')).toBeUndefined()
  })

  it('skips local sockets with a reason, and refuses an address that cannot be read', () => {
    expect(skippedOf(connect(1, ok, `0100${hex('/run/x')}`))).toEqual(['local socket (AF_UNIX)'])
    expect(skippedOf(connect(1, ok, '100000000000000000000000'))).toEqual(['local socket (AF_NETLINK)'])
    expect(readAll(auditd, connect(1, ok, '0200').join('\n')).refused).toMatchObject([
      { reason: 'socket address cannot be read' },
    ])
    expect(skippedOf([call(1, 42, ok)])).toEqual(['system call on a socket without its address'])
  })
})

describe('the audit log: files', () => {
  const paths = [
    part(1, 'CWD', 'cwd="/srv"'),
    part(1, 'PATH', 'item=0 name="/srv" nametype=PARENT'),
    part(1, 'PATH', `item=1 name=${hex('a b')} nametype=NORMAL`),
  ]
  const at = 'a0=ffffffffffffff9c a1=7f00 a2='

  it('makes names absolute, except where they are under a folder that the log does not name', () => {
    expect(facts([call(1, 257, ok, `${at}0`), ...paths])).toMatchObject([
      { what: 'opened', path: '/srv/a b', succeeded: true },
    ])
    expect(facts([call(1, 257, ok, 'a0=ffffff9c a1=7f00 a2=80001'), ...paths])).toMatchObject([{ what: 'written' }])
    expect(facts([call(1, 263, ok, 'a0=5 a1=7f00 a2=0'), ...paths])).toMatchObject([{ what: 'deleted', path: 'a b' }])
  })

  it('tells both names of a rename, and nothing without a name', () => {
    const renamed = [part(1, 'PATH', 'item=2 name="/new" nametype=CREATE')]
    expect(facts([call(1, 82, ok), ...paths, ...renamed]).map(({ what, path }) => [what, path])).toEqual([
      ['renamed', '/srv/a b'],
      ['renamed', '/new'],
    ])
    expect(facts([call(1, 90, 'success=no exit=-1'), ...paths])).toMatchObject([{ what: 'changed', succeeded: false }])
    expect(skippedOf([call(1, 257, ok), part(1, 'PATH', 'item=0 name=(null) nametype=NORMAL')])).toHaveLength(1)
    expect(skippedOf([call(1, 101, ok)])).toEqual(['system call that is no fact of ours'])
  })
})

describe('the audit log: logins and alerts', () => {
  const single = (type: string, text: string) => facts([part(1, type, text)])

  it('reads what PAM, sshd and sudo say, from the nested quotes', () => {
    const acct = `pid=9 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=${hex('(invalid user)')} exe="/usr/sbin/sshd"`
    expect(single('USER_LOGIN', `${acct} hostname=? addr=192.0.2.9 terminal=sshd res=failed'`)).toEqual([
      {
        what: 'USER_LOGIN',
        user: '(invalid user)',
        outcome: 'failed',
        address: '192.0.2.9',
        message: 'login',
        process: { pid: 9, uid: 0, exe: '/usr/sbin/sshd' },
      },
    ])
    const sudo = `pid=9 uid=1000 auid=1000 msg='cwd="/srv" cmd=${hex('cat /etc/shadow')} terminal=pts/0 res=success'\x1dUID="agent"`
    expect(single('USER_CMD', sudo)).toMatchObject([
      {
        what: 'USER_CMD',
        outcome: 'ok',
        message: 'cat /etc/shadow',
        process: { cwd: '/srv', user: 'agent', auid: 1000 },
      },
    ])
    expect(single('LOGIN', 'pid=9 uid=0 old-auid=4294967295 auid=7100 old-ses=4294967295 ses=2 res=1')).toMatchObject([
      { user: '7100', outcome: 'ok', process: { auid: 7100 } },
    ])
    expect(single('LOGIN', 'login pid=9 uid=0 old auid=4294967295 new auid=500 old ses=1 new ses=2')).toMatchObject([
      { user: '500', outcome: 'unknown', process: { auid: 500 } },
    ])
  })

  it('does not let the text of a program replace what the kernel says of it', () => {
    expect(single('USER_AUTH', `pid=9 uid=1000 msg='op=x pid=1 uid=0 acct="o'brien" res=success'`)).toMatchObject([
      { user: "o'brien", process: { pid: 9, uid: 1000 } },
    ])
  })

  it('raises an alert when the audit log is silenced, not when rules are added', () => {
    const removed = facts([
      part(1, 'CONFIG_CHANGE', 'auid=1000 ses=3 op=remove_rule key="agent_exec" list=4 res=1'),
      call(1, 44, 'success=yes exit=1068'),
    ])
    expect(removed).toMatchObject([
      {
        title: 'Audit rule removed',
        severity: 'medium',
        ruleId: 'agent_exec',
        action: 'allowed',
        process: { pid: 701, auid: 1000 },
      },
    ])
    expect(single('CONFIG_CHANGE', 'op="remove rule" key="a" list=4 res=0')).toMatchObject([{ action: 'blocked' }])
    expect(single('CONFIG_CHANGE', 'audit_enabled=0 old=1 auid=0 res=1')).toMatchObject([
      { title: 'Auditing switched off' },
    ])
    expect(single('DAEMON_END', 'op=terminate auid=0 pid=16 res=success')).toMatchObject([{ process: { pid: 16 } }])
    expect(single('SERVICE_STOP', `pid=1 uid=0 msg='unit=auditd comm="systemd" res=success'`)).toHaveLength(1)
    const quiet = [
      part(1, 'CONFIG_CHANGE', 'op=add_rule key="k" list=4 res=1'),
      part(2, 'CONFIG_CHANGE', 'op=set audit_enabled=1 old=1 res=1'),
      part(3, 'DAEMON_START', 'op=start pid=1 res=success'),
      part(4, 'SERVICE_STOP', `pid=1 msg='unit=cron res=success'`),
    ]
    expect(readAll(auditd, quiet.join('\n'))).toMatchObject({ records: 4, events: 0, refusals: [] })
  })

  it('tells denials and whether they held, together with the call that was denied', () => {
    const avc = 'avc:  denied  { connectto } for  pid=9 comm="x" scontext=a tcontext=b tclass=file permissive='
    expect(single('AVC', `${avc}1`)).toMatchObject([
      { title: 'SELinux denial', action: 'allowed', process: { pid: 9 } },
    ])
    expect(facts([part(1, 'AVC', `${avc}0`), ...connect(1, 'success=no exit=-13', inet)])).toMatchObject([
      { title: 'SELinux denial', action: 'blocked' },
      { what: 'connected', succeeded: false, error: 'EACCES' },
    ])
    expect(single('AVC', 'apparmor="DENIED" operation="open" profile="p" pid=9')).toMatchObject([
      { ruleId: 'p', action: 'blocked' },
    ])
    expect(skippedOf([part(1, 'AVC', 'apparmor="STATUS" operation="profile_load"')])).toHaveLength(1)
    expect(single('SECCOMP', 'pid=9 comm="x" sig=31 arch=c000003e syscall=41 code=0x80000000')).toMatchObject([
      { action: 'blocked' },
    ])
    expect(single('SECCOMP', 'pid=9 comm="x" sig=0 arch=c000003e syscall=41 code=0x7ffc0000')).toMatchObject([
      { action: 'allowed' },
    ])
    expect(single('ANOM_ABEND', 'auid=1000 uid=0 pid=9 comm="x" sig=11')).toMatchObject([
      { title: 'Process ended abnormally', severity: 'low', process: { pid: 9 } },
    ])
  })
})
