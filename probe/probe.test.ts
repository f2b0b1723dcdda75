// The probe as a program, against real processes, cgroups and sockets, with a stand-in server. Everything stays on loopback.
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { builtProgram } from './built-program.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { finding, leaveOut, name, probeKey, Rig } from './probe-rig.test-fixture.ts'

const skip = leaveOut('probe integration tests')
const count = (file: string) => (fs.existsSync(file) ? fs.statSync(file).size : 0)
const root = path.resolve(import.meta.dirname, '..')

describe.skipIf(skip !== undefined)(`the probe on this host${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const rig = new Rig()
  beforeAll(() => rig.start())
  afterAll(() => rig.stop())
  afterEach(() => expect(rig.server.problems).toEqual([]))

  test('a run is a session from its first process to its exit code, and gets no key of Vigil', async () => {
    const id = name('whole')
    const { exit, out } = rig.run(id, 'env; sleep 0.6; exit 7')
    expect(await exit).toBe(7)
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
    expect(rig.server.of('session.started', id)[0]?.data).toMatchObject({
      held: 'cgroup',
      argv: ['bash', '-c', 'env; sleep 0.6; exit 7'],
    })
    expect(rig.server.of('session.ended', id)[0]?.data).toEqual({ exitCode: 7 })
    // A quick look still sees the shell that enters the cgroup; it becomes the command by execve.
    const programs = [...rig.server.of('process.started', id), ...rig.server.of('process.executed', id)]
    expect(programs.map(({ data }) => data.comm)).toEqual(expect.arrayContaining(['bash', 'sleep']))
    expect(rig.server.of('process.exited', id).length).toBe(rig.server.of('process.started', id).length)
    expect(out()).toContain(`VIGIL_SESSION=${id}`)
    expect(out()).toMatch(/OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20vst_/)
    expect(out()).not.toContain(probeKey)
    expect(out()).not.toContain('DATABASE_URL')
    expect(fs.existsSync(rig.cgroupOf(id))).toBe(false)
  })

  test('pause stops a fork-and-exit tree, says so only with what was read, and resume lets it go on', async () => {
    const id = name('pause')
    const file = path.join(rig.data, id)
    const { exit } = rig.run(
      id,
      `step() { printf x >>${file}; sleep 0.005; step2 & }; step2() { printf x >>${file}; sleep 0.005; step & }; step; exit 0`,
    )
    await exit
    await until('it counts', () => count(file) > 5)
    await rig.control(id, 'pause', `p-${id}`)
    const frozenAt = count(file)
    expect(rig.server.of('control.ended', id)[0]?.data).toMatchObject({
      outcome: 'enforced',
      enforcer: 'cgroup-freeze',
      observed: 'frozen 1',
      observedFrom: path.join(rig.cgroupOf(id), 'cgroup.events'),
    })
    expect(rig.server.of('control.step', id)[0]?.data.name).toBe('freeze written')
    expect(rig.server.of('session.observed', id).at(-1)?.data).toMatchObject({ paused: true, observed: 'frozen 1' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(count(file)).toBe(frozenAt)
    await rig.control(id, 'resume', `r-${id}`)
    await until('it counts again', () => count(file) > frozenAt)
    expect(rig.server.of('control.ended', id)[1]?.data).toMatchObject({ outcome: 'enforced', observed: 'frozen 0' })
    expect(rig.server.of('session.ended', id)).toEqual([])
  })

  test('a session that was thawed behind our back is told at once and frozen again', async () => {
    const id = name('thaw')
    rig.run(id, 'while :; do sleep 0.05; done')
    await until('it started', () => rig.server.of('process.started', id).length > 0)
    await rig.control(id, 'pause', `p-${id}`)
    fs.writeFileSync(path.join(rig.cgroupOf(id), 'cgroup.freeze'), '0')
    await until('told and frozen again', () => rig.server.of('session.observed', id).length >= 3, 4_000)
    expect(
      rig.server
        .of('session.observed', id)
        .map(({ data }) => data.paused)
        .slice(0, 3),
    ).toEqual([true, false, true])
    expect(fs.readFileSync(path.join(rig.cgroupOf(id), 'cgroup.events'), 'utf8')).toContain('frozen 1')
  })

  test('a pause that leaves an escaped process running is told as partial, never as enforced', async () => {
    if (!finding.ok) throw new Error('skipped')
    const id = name('partial')
    const outside = `${finding.home.folder}/partial-${process.pid}`
    fs.mkdirSync(outside)
    const { exit } = rig.run(id, `(sleep 0.3; echo $BASHPID >${outside}/cgroup.procs; exec sleep 4) & sleep 4`)
    await until('escape', () => rig.server.of('process.escaped', id).length === 1)
    await rig.control(id, 'pause', `p-${id}`)
    expect(rig.server.of('control.ended', id).map(({ data }) => [data.outcome, data.detail])).toEqual([
      ['partial', "frozen 1, but 1 process runs outside the session's cgroup"],
    ])
    await rig.control(id, 'resume', `r-${id}`)
    await exit
    await until('the escaped one is gone', () => fs.readFileSync(`${outside}/cgroup.procs`, 'utf8') === '', 8_000)
    fs.rmdirSync(outside)
  })

  test('a process that moves out of its cgroup is told as escaped', async () => {
    if (!finding.ok) throw new Error('skipped')
    const id = name('escape')
    const outside = `${finding.home.folder}/outside-${process.pid}`
    fs.mkdirSync(outside)
    const { exit } = rig.run(id, `sleep 0.3; echo $$ >${outside}/cgroup.procs; exec sleep 1.5`)
    await until('escape', () => rig.server.of('process.escaped', id).length === 1)
    expect(rig.server.of('process.escaped', id)[0]?.data.cgroup).toBe(`${finding.home.path}/outside-${process.pid}`)
    await until('the session ended with its cgroup', () => rig.server.of('session.ended', id).length === 1)
    await exit
    fs.rmdirSync(outside)
  })

  test('a TCP connection is seen in time with its process and its bytes, and so is one that lived a moment', async () => {
    const id = name('tcp')
    const listener = net.createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', (chunk) => socket.write(chunk))
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as AddressInfo
    let openedAtMs = 0
    listener.once('connection', () => {
      openedAtMs = Date.now()
    })
    const { exit } = rig.run(
      id,
      `sleep 0.5; exec 3<>/dev/tcp/127.0.0.1/${port}; printf %01000d 0 >&3; head -c 1000 <&3 >/dev/null; sleep 0.8; exec 3>&-; (printf hi >/dev/tcp/127.0.0.1/${port}); sleep 1`,
    )
    await until('it is seen', () => rig.server.of('connection.opened', id).length > 0)
    const opened = rig.server.of('connection.opened', id)[0]
    expect((opened?.receivedAtMs ?? 0) - openedAtMs).toBeLessThan(400)
    expect(opened?.data).toMatchObject({
      protocol: 'tcp',
      direction: 'out',
      remote: { address: '127.0.0.1', port },
      comm: 'bash',
      pid: rig.server.of('session.started', id)[0]?.data.pid,
    })
    await exit
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
    const closed = rig.server
      .of('connection.closed', id)
      .find(({ data }) => data.connection === opened?.data.connection)
    expect(closed?.data.bytesOut).toBe(1000)
    expect(closed?.data.bytesIn).toBeGreaterThanOrEqual(1000)
    const all = rig.server.of('connection.opened', id)
    expect(new Set(all.map(({ data }) => data.connection)).size).toBe(all.length)
    expect(rig.server.of('connection.closed', id).length).toBe(all.length)
    const udp = rig.server
      .of('probe.connected')
      .at(-1)
      ?.data.observers.find((observer) => observer.name === 'udp')
    if (udp?.can === 'yes') expect(all.length).toBe(2)
    listener.close()
  })

  test('UDP bytes are counted per remote, or the reason why not is said', async () => {
    const id = name('udp')
    const receiver = dgram.createSocket('udp4')
    await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve))
    const { exit } = rig.run(
      id,
      `exec 3<>/dev/udp/127.0.0.1/${receiver.address().port}; for i in 1 2 3 4 5; do printf %0100d 0 >&3; sleep 0.1; done; sleep 0.6`,
    )
    await exit
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
    const udp = rig.server
      .of('probe.connected')
      .at(-1)
      ?.data.observers.find((observer) => observer.name === 'udp')
    const opened = rig.server.of('connection.opened', id)
    expect(opened.map(({ data }) => [data.protocol, data.remote.port])).toEqual([['udp', receiver.address().port]])
    if (udp?.can === 'yes') expect(rig.server.of('connection.closed', id)[0]?.data.bytesOut).toBe(500)
    else expect(udp?.detail).toContain('UDP bytes are not counted: ')
    receiver.close()
  })

  test('killed and started again, it holds the same sessions, repeats nothing, keeps the freeze, and tells what ended meanwhile', async () => {
    const stays = name('stays')
    const ends = name('ends')
    rig.run(stays, 'while :; do sleep 5; done')
    rig.run(ends, 'sleep 1')
    await until('both run', () =>
      [stays, ends].every(
        (id) =>
          rig.server.of('process.started', id).length >= 2 ||
          (id === ends && rig.server.of('process.started', id).length >= 1),
      ),
    )
    await rig.control(stays, 'pause', `p-${stays}`)
    await rig.stopProbe('SIGKILL')
    expect(fs.readFileSync(path.join(rig.cgroupOf(stays), 'cgroup.events'), 'utf8')).toContain('frozen 1')
    await until(
      'the other one is over',
      () => !fs.readFileSync(path.join(rig.cgroupOf(ends), 'cgroup.events'), 'utf8').includes('populated 1'),
    )
    await rig.startProbe()
    await until('the end is told', () => rig.server.of('session.ended', ends).length === 1)
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (const id of [stays, ends]) {
      const started = rig.server.of('process.started', id).map(({ data }) => `${data.pid} ${data.startTicks}`)
      expect(new Set(started).size).toBe(started.length)
      expect(rig.server.of('session.started', id)).toHaveLength(1)
    }
    expect(rig.server.of('control.ended', stays)).toHaveLength(1)
    await rig.control(stays, 'resume', `r-${stays}`)
    expect(rig.server.of('control.ended', stays).at(-1)?.data).toMatchObject({
      outcome: 'enforced',
      observed: 'frozen 0',
    })
  })

  test('a line that breaks at random loses no event, repeats none, and keeps their order', async () => {
    const before = rig.server.received.length
    let seed = 7
    rig.server.misbehave = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return (['ok', 'drop-before', 'drop-after', 'retry', 'ok'] as const)[seed % 5] ?? 'ok'
    }
    const id = name('broken-line')
    const { exit } = rig.run(id, 'for i in $(seq 1 30); do sleep 0.08; done')
    await exit
    rig.server.misbehave = () => 'ok'
    await until('it ended', () => rig.server.of('session.ended', id).length === 1, 15_000)
    const numbers = rig.server.received.slice(before).map(({ n }) => n)
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
    expect(rig.server.of('process.started', id).length).toBe(rig.server.of('process.exited', id).length)
  })

  test('without a probe the command does not run, and one line says what to do', async () => {
    const env = { ...rig.env(), VIGIL_DATA: '/nonexistent' }
    const child = spawn(process.execPath, [...builtProgram('cli'), 'run', '--', 'echo', 'ran'], {
      env,
      cwd: root,
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(125)
    expect(text).toMatch(/^vigil: no probe answers at .*npx vigil probe.*\n$/)
  })

  test('a command whose cgroup cannot be entered does not run', async () => {
    const data = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-run-'))
    fs.mkdirSync(path.join(data, 'run'))
    const liar = net.createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.once('data', () => {
        socket.write(
          `${JSON.stringify({ type: 'opened', session: 'x', held: 'cgroup', cgroup: '/sys/fs/cgroup/nowhere', env: {} })}\n`,
        )
        socket.on('data', () => socket.write('{"type":"noted"}\n'))
      })
    })
    await new Promise<void>((resolve) => liar.listen(path.join(data, 'run', 'probe.sock'), resolve))
    const marker = path.join(data, 'ran')
    const child = spawn(process.execPath, [...builtProgram('cli'), 'run', '--', 'touch', marker], {
      env: { ...rig.env(), VIGIL_DATA: data },
      cwd: root,
    })
    let text = ''
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(125)
    expect(text).toContain('the command was not run')
    expect(fs.existsSync(marker)).toBe(false)
    await new Promise((resolve) => liar.close(resolve))
    fs.rmSync(data, { recursive: true })
  })
})
