// Tetragon's JSON lines: what each kind means, what damaged ones cost, and the recordings.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventInput } from '../protocol/event.ts'
import { auditd } from './auditd.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'
import { tetragon } from './tetragon.ts'

const time = '2026-11-21T02:26:49.123456789Z'
const timeMs = Date.UTC(2026, 10, 21, 2, 26, 49) + 123.457
const process = {
  exec_id: Buffer.from('vigil-1:77000000:4242').toString('base64'),
  pid: 4242,
  uid: 1000,
  cwd: '/srv/vigil',
  binary: '/usr/bin/vigil-tool',
  arguments: '-c "two words" last',
  start_time: '2026-11-21T02:26:48Z',
  auid: 4294967295,
  docker: 'abc123',
  parent_exec_id: 'cGFyZW50',
}
const parent = { pid: 4200 }

const line = (kind: string, told: object, rest: object = { node_name: 'vigil-1', time }): string =>
  JSON.stringify({ [kind]: { process, parent, ...told }, ...rest })

function only(text: string): EventInput['data'] & Record<string, unknown> {
  const read = readAll(tetragon, text)
  expect(read.refusals).toEqual([])
  expect(read.made).toHaveLength(1)
  return (read.made[0]?.data ?? {}) as EventInput['data'] & Record<string, unknown>
}

const sock = { family: 'AF_INET', type: 'SOCK_STREAM', protocol: 'IPPROTO_TCP', saddr: '192.0.2.5', sport: 41000 }
const away = { daddr: '198.51.100.7', dport: 443 }
const kprobe = (function_name: string, args: object[], rest: object = {}): string =>
  line('process_kprobe', { function_name, args, ...rest })

describe('Tetragon', () => {
  it('makes an executed program of process_exec, with its lasting name, its pod and its host', () => {
    const pod = {
      namespace: 'agents',
      name: 'trainer-0',
      container: { id: 'containerd://ff', name: 'trainer', image: { name: 'registry.example/trainer:1' } },
      pod_labels: { app: 'trainer', ['__proto__']: 'x' },
    }
    const read = readAll(tetragon, line('process_exec', { process: { ...process, pod, user: { name: 'agent' } } }))
    expect(read.made).toMatchObject([
      {
        kind: 'process.reported',
        atMs: timeMs,
        host: 'vigil-1',
        data: {
          what: 'executed',
          succeeded: true,
          process: {
            pid: 4242,
            ppid: 4200,
            startedAtMs: Date.UTC(2026, 10, 21, 2, 26, 48),
            comm: 'vigil-tool',
            exe: '/usr/bin/vigil-tool',
            argv: ['/usr/bin/vigil-tool', '-c', 'two words', 'last'],
            cwd: '/srv/vigil',
            uid: 1000,
            user: 'agent',
            id: process.exec_id,
            parentId: 'cGFyZW50',
            workload: {
              container: 'trainer',
              image: 'registry.example/trainer:1',
              pod: 'trainer-0',
              namespace: 'agents',
              labels: { app: 'trainer' },
            },
          },
        },
      },
    ])
    expect(JSON.stringify(read.made)).not.toContain('auid')
  })

  it('keeps arguments as one text where the quoting that Tetragon loses allows more than one reading', () => {
    const argvOf = (text: string) =>
      readAll(tetragon, line('process_exec', { process: { ...process, arguments: text } })).made.map((event) =>
        event.kind === 'process.reported' ? event.data.process.argv?.slice(1) : undefined,
      )[0]
    expect(argvOf('-c "echo hi" x')).toEqual(['-c', 'echo hi', 'x'])
    expect(argvOf('-c "echo "hi there"" x')).toEqual(['-c "echo "hi there"" x'])
    expect(argvOf('say it"s')).toEqual(['say it"s'])
    expect(argvOf('"open end')).toEqual(['"open end'])
    expect(argvOf('')).toEqual([])
  })

  it('takes the PID out of exec_id where the record has none', () => {
    const { pid: _, ...nameless } = process
    expect(only(line('process_exec', { process: nameless }))).toMatchObject({ process: { pid: 4242 } })
  })

  it('tells how a process ended', () => {
    expect(only(line('process_exit', {}))).toMatchObject({ what: 'exited', exitCode: 0 })
    expect(only(line('process_exit', { status: 3 }))).toMatchObject({ exitCode: 3 })
    const killed = only(line('process_exit', { signal: 'SIGKILL' }))
    expect(killed).toMatchObject({ signal: 'SIGKILL' })
    expect(killed.exitCode).toBeUndefined()
  })

  it('makes connections of hooks on sockets', () => {
    expect(only(kprobe('tcp_connect', [{ sock_arg: { ...sock, ...away } }], { policy_name: 'net' }))).toMatchObject({
      what: 'connected',
      protocol: 'tcp',
      local: { address: '192.0.2.5', port: 41000 },
      remote: { address: '198.51.100.7', port: 443 },
    })
    const addressed = [{ sockaddr_arg: { family: 'AF_INET', addr: '198.51.100.7', port: 22 } }]
    expect(only(kprobe('security_socket_connect', addressed))).toMatchObject({
      what: 'connected',
      protocol: 'unknown',
      remote: { port: 22 },
    })
    expect(only(line('process_lsm', { function_name: 'socket_connect', args: addressed }))).toMatchObject({
      what: 'connected',
    })
    expect(
      only(line('process_tracepoint', { subsys: 'syscalls', event: 'sys_enter_connect', args: addressed })),
    ).toMatchObject({ what: 'connected' })
    const failed = only(kprobe('__x64_sys_connect', addressed, { return: { int_arg: -111 } }))
    expect(failed).toMatchObject({ succeeded: false, error: 'ECONNREFUSED' })
    const begun = only(kprobe('__x64_sys_connect', addressed, { return: { int_arg: -115 } }))
    expect(begun.succeeded).toBeUndefined()
    expect(only(kprobe('tcp_close', [{ sock_arg: { ...sock, ...away } }]))).toMatchObject({ what: 'closed' })
    expect(only(kprobe('tcp_sendmsg', [{ sock_arg: { ...sock, ...away } }, { size_arg: '512' }]))).toMatchObject({
      what: 'sent',
      bytesOut: 512,
    })
    const listening = only(kprobe('inet_csk_listen_start', [{ sock_arg: { ...sock, saddr: '0.0.0.0', sport: 8080 } }]))
    expect(listening).toMatchObject({ what: 'listening', local: { address: '0.0.0.0', port: 8080 } })
    expect(listening.remote).toBeUndefined()
    expect(
      readAll(tetragon, kprobe('security_socket_connect', [{ sockaddr_arg: { family: 'AF_UNIX' } }])).skipped,
    ).toHaveLength(1)
  })

  it('makes file accesses of hooks on files, writes told by the mask', () => {
    const file = [{ file_arg: { path: '/etc/shadow' } }]
    expect(only(kprobe('fd_install', [{ int_arg: 3 }, ...file]))).toMatchObject({ what: 'opened', path: '/etc/shadow' })
    expect(only(kprobe('security_file_permission', [...file, { int_arg: 2 }]))).toMatchObject({ what: 'written' })
    expect(only(kprobe('security_file_permission', [...file, { int_arg: 4 }]))).toMatchObject({ what: 'opened' })
    expect(only(kprobe('security_path_truncate', [{ path_arg: { path: '/x' } }]))).toMatchObject({ what: 'written' })
    expect(only(kprobe('__x64_sys_unlinkat', [{ string_arg: '/tmp/x' }]))).toMatchObject({
      what: 'deleted',
      path: '/tmp/x',
    })
    expect(readAll(tetragon, kprobe('__x64_sys_close', [{ int_arg: 3 }])).skipped).toHaveLength(1)
  })

  it('makes an alert of every other hook, and one more of a hook that stopped something', () => {
    expect(only(kprobe('commit_creds', [], { policy_name: 'watch-root', message: 'became root' }))).toMatchObject({
      basis: 'host',
      title: 'watch-root',
      severity: 'info',
      action: 'unknown',
      process: { pid: 4242 },
    })
    expect(only(line('process_uprobe', { path: '/bin/bash', symbol: 'connect' }))).toMatchObject({ title: 'connect' })
    const blocked = readAll(
      tetragon,
      kprobe('tcp_connect', [{ sock_arg: { ...sock, ...away } }], {
        action: 'KPROBE_ACTION_OVERRIDE',
        policy_name: 'no-net',
      }),
    )
    expect(blocked.records).toBe(1)
    expect(blocked.made.map(({ kind }) => kind)).toEqual(['connection.reported', 'alert.raised'])
    expect(blocked.made[0]?.data).toMatchObject({ succeeded: false })
    expect(blocked.made[1]?.data).toMatchObject({ action: 'blocked', title: 'no-net', severity: 'medium' })
    expect(new Set(blocked.made.map(({ id }) => id)).size).toBe(2)
  })

  it('reads the connections of the early agent', () => {
    const told = { source_ip: '192.0.2.5', source_port: 41000, destination_ip: '198.51.100.7', destination_port: 22 }
    expect(only(line('process_connect', { ...told, protocol: 'TCP' }))).toMatchObject({
      what: 'connected',
      protocol: 'tcp',
      remote: { address: '198.51.100.7', port: 22 },
    })
    expect(only(line('process_close', { ...told, stats: { bytes_sent: '10', bytes_received: '20' } }))).toMatchObject({
      what: 'closed',
      bytesOut: 10,
      bytesIn: 20,
    })
    expect(only(line('process_listen', { ip: '0.0.0.0', port: 80, protocol: 'TCP' }))).toMatchObject({
      what: 'listening',
      local: { port: 80 },
    })
  })

  it('skips what Tetragon says of itself and of libraries', () => {
    const text = [
      line('process_loader', { path: '/lib/x.so' }),
      JSON.stringify({ test: { arg0: '1' }, time }),
      JSON.stringify({ rate_limit_info: { number_of_dropped_process_events: '9' }, time }),
    ].join('\n')
    const read = readAll(tetragon, text)
    expect(read.skipped.reduce((sum, { count }) => sum + count, 0)).toBe(3)
    expect(read.refused).toEqual([])
  })

  it('refuses half lines, other documents, impossible times and events of nobody', () => {
    const read = readAll(
      tetragon,
      [
        line('process_exec', {}).slice(0, 40),
        '[]',
        '{"flow":{}}',
        line('process_exec', {}, { time: '1971-01-01T00:00:00Z' }),
        line('process_exit', {}, { time: 'soon' }),
        '{"process_exec":{"process":{"uid":"x"}},"time":"2026-11-21T00:00:00Z"}',
        '{"process_kprobe":{"process":{"pid":1},"args":7},"time":"2026-11-21T00:00:00Z"}',
        line('process_connect', { destination_ip: 'nowhere' }),
      ].join('\n'),
    )
    expect(read.refusals).toHaveLength(8)
    expect(read.made).toEqual([])
  })

  it('loses bad fields and keeps the event', () => {
    const bad = { ...process, pid: -1, uid: 1.5, start_time: 9, pod: [], exec_id: 'e', arguments: 7, cwd: null }
    const data = only(line('process_exec', { process: bad, parent: 'x' }))
    expect(data.process).toEqual({
      comm: 'vigil-tool',
      exe: '/usr/bin/vigil-tool',
      argv: ['/usr/bin/vigil-tool', '7'],
      id: 'e',
      parentId: 'cGFyZW50',
      workload: { container: 'abc123' },
    })
  })

  it('takes the start for an exec without a time, and the time of recording for others', () => {
    const exec = readAll(tetragon, line('process_exec', {}, {}))
    expect(exec.made[0]?.atMs).toBe(Date.UTC(2026, 10, 21, 2, 26, 48))
    const exit = readAll(tetragon, line('process_exit', {}, {}), { recordedAtMs: timeMs, host: undefined })
    expect(exit.made[0]?.atMs).toBe(timeMs)
  })
})

describeFixtures('Tetragon recordings', () => {
  const files = fixtureFiles('tetragon')

  it.each(files)('%s: every record is told once, in pieces of any size, with the same ids', (path) => {
    const whole = readAll(tetragon, fixtureBytes(path))
    const lines = fixtureText(path)
      .split('\n')
      .filter((text) => text.trim() !== '')
    expect(whole.records).toBe(lines.length)
    expect(whole.refused).toEqual([])
    expect(whole.events).toBe(lines.length)
    expect(new Set(whole.made.map(({ id }) => id)).size).toBe(whole.events)
    for (const bytes of [1, 7]) expect(readAll(tetragon, fixtureBytes(path), {}, bytes).made).toEqual(whole.made)
    expect(tetragon.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(true)
    expect(auditd.looksLike(fixtureText(path).slice(0, 4096), path)).toBe(false)
  })

  it('finds the whole of the attack: execs, exits, and connections with their bytes', () => {
    const read = readAll(tetragon, fixtureBytes('tetragon/merlin_agent_c2_ssh_exfil.jsonl'))
    expect(Object.fromEntries(read.understood.map(({ what, count }) => [what, count]))).toEqual({
      process_exec: 9,
      process_exit: 5,
      process_connect: 3,
      process_close: 2,
    })
    expect(read.made.every(({ host }) => host === 'minikube')).toBe(true)
    const remotes = read.made.flatMap((event) => (event.kind === 'connection.reported' ? [event.data.remote] : []))
    expect(new Set(remotes.map((end) => end?.address))).toEqual(new Set(['34.116.205.187']))
    expect(remotes.filter((end) => end?.port === 22)).toHaveLength(2)
    const shells = read.made.flatMap((event) => (event.kind === 'process.reported' ? [event.data.process.argv] : []))
    expect(shells).toContainEqual(['/bin/sh', '-c', '7z a s3nsitiv3.7z ../ops_bank_accounts/'])
  })

  it('throws nothing and makes only events that fit, whatever is changed in real lines', () => {
    const real = files.flatMap((path) => fixtureText(path).split('\n')).filter((text) => text !== '')
    const values = ['null', '-1', '1e99', '"\\u0000"', '[]', '{"__proto__":{}}', '"9".repeat', '4194305', '""']
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(3_000), fc.constantFrom(...values)), { maxLength: 4 }),
        (text, changes) => {
          let changed = text
          for (const [place, value] of changes) {
            const colon = changed.indexOf(':', place)
            const comma = changed.indexOf(',', colon)
            if (colon !== -1 && comma !== -1) changed = `${changed.slice(0, colon + 1)}${value}${changed.slice(comma)}`
          }
          const read = readAll(tetragon, changed)
          expect(read.records).toBe(1)
          for (const { reason } of read.refusals) expect(reason).not.toMatch(/does not fit|reader failed/)
        },
      ),
      { numRuns: 300 },
    )
  })
})
