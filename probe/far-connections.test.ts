// Connections that are easily missed: in a network namespace that a session entered, and over IPv6. Traffic stays on loopback,
// and in a namespace that this test makes and removes by name.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import net, { type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from './fake-server.test-fixture.ts'
import { leaveOut, name, Rig } from './probe-rig.test-fixture.ts'

const skip = leaveOut('connections in other namespaces and over IPv6')
const echo = `const net = require('node:net')
net.createServer((socket) => { socket.on('error', () => {}); socket.pipe(socket) }).listen(7901, '127.0.0.1', () => console.log('ready'))`

describe.skipIf(skip !== undefined)(`far connections${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const rig = new Rig()
  const netns = `vigil-test-${process.pid}`
  const listeners: ChildProcess[] = []
  beforeAll(() => rig.start())
  afterAll(async () => {
    for (const child of listeners) child.kill('SIGKILL')
    await rig.stop()
    spawnSync('ip', ['netns', 'del', netns])
    expect(rig.server.problems).toEqual([])
  })
  const exchange = (address: string, port: number): string =>
    `exec 3<>/dev/tcp/${address}/${port}; printf %0700d 0 >&3; head -c 700 <&3 >/dev/null; sleep 1.2; exec 3>&-; sleep 0.3`

  test('a TCP connection inside a network namespace that the session entered is seen with its process and its bytes', async () => {
    for (const args of [
      ['netns', 'add', netns],
      ['-n', netns, 'link', 'set', 'lo', 'up'],
    ]) {
      const made = spawnSync('ip', args)
      if (made.status !== 0) throw new Error(`ip ${args.join(' ')}: ${made.stderr}`)
    }
    const listener = spawn('ip', ['netns', 'exec', netns, process.execPath, '-e', echo])
    listeners.push(listener)
    let ready = ''
    listener.stdout.on('data', (chunk: Buffer) => {
      ready += chunk.toString()
    })
    await until('the listener is ready', () => ready.includes('ready'))
    const id = name('netns')
    const { exit, out } = rig.run(id, `ip netns exec ${netns} bash -c '${exchange('127.0.0.1', 7901)}'`)
    await until('it is seen', () => rig.server.of('connection.opened', id).length > 0)
    const opened = rig.server.of('connection.opened', id)[0]?.data
    expect(opened).toMatchObject({ protocol: 'tcp', remote: { address: '127.0.0.1', port: 7901 }, comm: 'bash' })
    expect(rig.server.of('process.started', id).map(({ data }) => data.pid)).toContain(opened?.pid)
    expect([await exit, out()]).toEqual([0, ''])
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
    const closed = rig.server.of('connection.closed', id).find(({ data }) => data.connection === opened?.connection)
    expect(closed?.data).toMatchObject({ bytesOut: 700, bytesIn: 700 })
    expect(rig.server.of('connection.opened', id)).toHaveLength(1)
  })

  test('a TCP connection over IPv6 is seen with its process and its bytes', async () => {
    const listener = net.createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
    await new Promise<void>((resolve, reject) => {
      listener.once('error', (error) => reject(new Error('this host has no IPv6 loopback', { cause: error })))
      listener.listen(0, '::1', resolve)
    })
    const { port } = listener.address() as AddressInfo
    const id = name('ipv6')
    const { exit, out } = rig.run(id, exchange('::1', port))
    await until('it is seen', () => rig.server.of('connection.opened', id).length > 0)
    const opened = rig.server.of('connection.opened', id)[0]?.data
    expect(opened).toMatchObject({
      protocol: 'tcp',
      direction: 'out',
      local: { address: '::1' },
      remote: { address: '::1', port },
      comm: 'bash',
      pid: rig.server.of('session.started', id)[0]?.data.pid,
    })
    expect([await exit, out()]).toEqual([0, ''])
    await until('it ended', () => rig.server.of('session.ended', id).length === 1)
    const closed = rig.server.of('connection.closed', id).find(({ data }) => data.connection === opened?.connection)
    expect(closed?.data.bytesOut).toBe(700)
    expect(closed?.data.bytesIn).toBeGreaterThanOrEqual(700)
    expect(rig.server.of('connection.opened', id)).toHaveLength(1)
    listener.close()
  })
})
