// Containers that were started outside `vigil run`, adopted by a whole probe: seen, paused, cut, held over a restart, ended. Their
// cgroups, processes and network namespaces are real; what makes them is this test in place of a container manager.
import fs from 'node:fs'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContainerHere, ContainersHere } from './containers.test-fixture.ts'
import { ContainmentRig, sizeOf, sleep } from './containment-rig.test-fixture.ts'
import { arriving, EgressRig, flows, must } from './enforce/egress-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { finding, frozenLine, leaveOut } from './probe-rig.test-fixture.ts'

const skip = leaveOut('containers that were started outside')
const podSlice = '/kubepods.slice/kubepods-burstable-pod12345678_9abc_def0_1234_56789abcdef0.slice'

describe.skipIf(skip !== undefined)(`an adopted container${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const containers = new ContainersHere()
  const here = ['docker-*', 'kubepods.slice/*/cri-*', 'sandboxes/*'].map((each) => `${containers.path}/${each}`)
  const rig = new ContainmentRig({ env: { VIGIL_ADOPT: here.join() } })
  let far: Server
  let port = 0
  let bytesIn = 0
  beforeAll(async () => {
    far = createServer((socket) => {
      socket
        .on('error', () => socket.destroy())
        .on('data', (data) => {
          bytesIn += data.length
        })
    })
    await new Promise<void>((resolve) => far.listen(0, '127.0.0.1', resolve))
    port = (far.address() as { port: number }).port
    await rig.start()
  })
  afterAll(async () => {
    await containers.stop()
    await rig.stop()
    far.close()
    expect(must('nft', 'list', 'tables')).not.toContain(rig.cutTable)
  })

  const idOf = ({ id, path }: ContainerHere) =>
    `${path.includes('pod') ? 'pod-12345678' : 'container'}-${id.slice(0, 12)}`
  /** A program that writes a heartbeat and sends over loopback to this test. */
  const start = async (within = '', name?: (id: string) => string) => {
    const container = containers.make(within, name)
    const session = idOf(container)
    const child = containers.run(container, rig.traffic(session, `tcp,127.0.0.1,${port}`).split(' '))
    await until(`${session} is adopted`, () => rig.server.of('session.started', session).length > 0)
    return { ...container, session, pid: child.pid ?? 0 }
  }
  const grows = async (file: string): Promise<boolean> => {
    const before = sizeOf(file)
    await sleep(300)
    return sizeOf(file) > before
  }
  const opened = (session: string) => rig.server.of('connection.opened', session).map(({ data }) => data)

  test('becomes a session with what runs in it and what it has open, and says how it is held', async () => {
    const { id, session, folder, pid } = await start(podSlice, (hex) => `cri-containerd-${hex}.scope`)
    const [started] = rig.server.of('session.started', session)
    expect(started?.data).toMatchObject({
      held: 'cgroup',
      cgroup: folder,
      labels: { manager: 'containerd', container: id, pod: '12345678-9abc-def0-1234-56789abcdef0' },
    })
    expect(started?.data.pid).toBeUndefined()
    expect(started?.data.abilities).toContainEqual(expect.objectContaining({ name: 'pause', can: 'proven' }))
    expect(started?.data.abilities).toContainEqual(expect.objectContaining({ name: 'network', can: 'proven' }))
    expect(started?.data.abilities.find(({ name }) => name === 'end')?.detail).toContain('is told and not killed')
    await until('its process is told', () => rig.server.of('process.started', session).length > 0)
    expect(rig.server.of('process.started', session)[0]?.data).toMatchObject({ pid, exe: process.execPath })
    await until('its connection is told', () => opened(session).length > 0)
    expect(opened(session)[0]).toMatchObject({
      protocol: 'tcp',
      remote: { address: '127.0.0.1', port },
      direction: 'out',
      pid,
    })
    const observers = rig.server.of('probe.connected').at(-1)?.data.observers
    expect(observers?.find(({ name }) => name === 'processes')?.detail).toContain(`(VIGIL_ADOPT=${here.join()})`)
  })

  test('is paused whole, with the cgroups inside it, and resumed', async () => {
    const { session, folder, ...container } = await start()
    const inner = path.join(rig.data, `${session}.inner`)
    containers.run({ folder }, rig.traffic(`${session}.inner`).split(' '), '/inner')
    await until('the inner one runs', () => sizeOf(rig.heartbeatOf(`${session}.inner`)) > 0)
    await until('both are told', () => rig.server.of('process.started', session).length === 2)
    const paused = await rig.control(session, 'pause', `p-${session}`)
    expect(paused).toMatchObject({
      outcome: 'enforced',
      enforcer: 'cgroup-freeze',
      observed: 'frozen 1',
      observedFrom: `${folder}/cgroup.events`,
      processCount: 2,
    })
    expect(frozenLine(folder)).toContain('frozen 1')
    expect(await grows(rig.heartbeatOf(session))).toBe(false)
    expect(await grows(rig.heartbeatOf(`${session}.inner`))).toBe(false)
    expect(await rig.control(session, 'resume', `r-${session}`)).toMatchObject({ observed: 'frozen 0' })
    expect(await grows(rig.heartbeatOf(session))).toBe(true)
    expect(fs.existsSync(inner)).toBe(false)
    await containers.remove({ folder, ...container })
  })

  test('is cut off from the network by a table for its depth alone, while its neighbour goes on', async () => {
    const { session } = await start()
    const neighbour = await start()
    await until('it sends', () => bytesIn > 1_000)
    const revoked = await rig.control(session, 'revoke', `n-${session}`, 'network')
    expect(revoked).toMatchObject({ outcome: 'enforced', enforcer: 'nft-egress' })
    expect(revoked.observed).toMatch(/^in set cut, 0 flows open/)
    expect(must('nft', 'list', 'tables')).toContain(`table inet ${rig.cutTable}_d2`)
    const sockets = must('ss', '-H', '-O', '-n', '-t', '-e', '--cgroup', `dport = :${port}`)
    expect(sockets).not.toContain(session.slice(-12))
    expect(sockets).toContain(neighbour.session.slice(-12))
    fs.writeFileSync(`${rig.heartbeatOf(session)}.again`, '')
    const restored = await rig.control(session, 'restore', `o-${session}`, 'network')
    expect(restored).toMatchObject({ outcome: 'enforced' })
    const flowing = () =>
      must('ss', '-H', '-O', '-n', '-t', '-e', '--cgroup', 'state', 'established', `dport = :${port}`).includes(
        session.slice(-12),
      )
    await until('it is connected again', flowing)
    await containers.remove(neighbour)
  })

  test('in a network namespace of its own is cut there and at the host end of its veth', async () => {
    if (!finding.ok) throw new Error('left out')
    const net = new EgressRig(finding.home)
    try {
      const own = net.namespace(5)
      const listener = await net.listen(undefined, own.here, 7215)
      const container = containers.make()
      const session = idOf(container)
      const program = rig.traffic(session, `tcp,${own.here},7215`).split(' ')
      containers.run(container, ['ip', 'netns', 'exec', own.name, ...program])
      await until('its connection is told', () => opened(session).some(({ remote }) => remote.address === own.here))
      await flows(listener, 'tcp7215')
      await rig.control(session, 'revoke', `n-${session}`, 'network')
      const dropped = await rig.step(session, `n-${session}`, 'egress dropped')
      expect(dropped.data.detail).toContain(`device ${own.device} cut on the host's side`)
      expect(await arriving(listener, 'tcp7215')).toBe(0)
      fs.writeFileSync(`${rig.heartbeatOf(session)}.again`, '')
      await rig.control(session, 'restore', `o-${session}`, 'network')
      await flows(listener, 'tcp7215')
      await containers.remove(container)
      await until('it is told as ended', () => rig.server.of('session.ended', session).length === 1)
    } finally {
      await net.stop()
    }
  })

  test('stays paused and cut over a kill -9 of the probe, and goes on under the same id', async () => {
    const { session, folder, pid } = await start()
    expect(await rig.control(session, 'contain', `c-${session}`)).toMatchObject({ outcome: 'enforced' })
    await rig.stopProbe('SIGKILL')
    await rig.startProbe()
    await sleep(2_500)
    expect(frozenLine(folder)).toContain('frozen 1')
    expect(must('nft', 'list', 'set', 'inet', `${rig.cutTable}_d2`, 'cut')).toContain(session.slice(-12))
    expect(rig.server.of('session.started', session)).toHaveLength(1)
    expect(rig.server.of('process.started', session).filter(({ data }) => data.pid === pid)).toHaveLength(1)
    expect(await rig.control(session, 'release', `l-${session}`)).toMatchObject({ outcome: 'enforced' })
    expect(await grows(rig.heartbeatOf(session))).toBe(true)
    expect(rig.server.of('session.ended', session)).toEqual([])
  })

  test('that is removed while the probe is away is told as ended when the probe is back', async () => {
    const container = await start()
    const { session } = container
    expect(await rig.control(session, 'revoke', `n-${session}`, 'network')).toMatchObject({ outcome: 'enforced' })
    await rig.stopProbe('SIGKILL')
    await containers.remove(container)
    await rig.startProbe()
    await until('it is told as ended', () => rig.server.of('session.ended', session).length > 0)
    expect(rig.server.of('session.ended', session)[0]?.data).toEqual({ reason: 'its cgroup was removed' })
  })

  test('is over when it was empty for two seconds, and its cgroup is left to whoever made it', async () => {
    const { folder, session } = await start('/sandboxes', (hex) => `docker-${hex}.scope`)
    await until('its connection is told', () => opened(session).length > 0)
    fs.writeFileSync(path.join(folder, 'cgroup.kill'), '1')
    const emptyAtMs = Date.now()
    await until('it is told as ended', () => rig.server.of('session.ended', session).length > 0)
    const [ended] = rig.server.of('session.ended', session)
    expect(ended?.data).toEqual({ reason: 'its cgroup was empty for 2 seconds' })
    expect(ended?.receivedAtMs).toBeGreaterThanOrEqual(emptyAtMs + 2_000)
    expect(rig.server.of('process.exited', session)).toHaveLength(1)
    expect(rig.server.of('connection.closed', session)).toHaveLength(1)
    expect(fs.existsSync(folder)).toBe(true)
  })

  test('is over when its manager removes the cgroup, and one that is started again in its place is a run of the same session', async () => {
    const container = await start()
    const { session, id, path: at } = container
    await containers.remove(container)
    await until('it is told as ended', () => rig.server.of('session.ended', session).length > 0)
    expect(rig.server.of('session.ended', session)[0]?.data).toEqual({ reason: 'its cgroup was removed' })
    const again = containers.makeAt(id, at.slice(containers.path.length))
    containers.run(again, ['sleep', '600'])
    await until('it is adopted again', () => rig.server.of('session.started', session).length === 2)
  })

  test('is ended by its own cgroup when an operator asks for it', async () => {
    const { session, folder } = await start()
    const ended = await rig.control(session, 'end', `e-${session}`)
    expect(ended).toMatchObject({ outcome: 'enforced', enforcer: 'cgroup-kill', observed: 'populated 0' })
    expect(frozenLine(folder)).toContain('populated 0')
    await until('it is told as ended', () => rig.server.of('session.ended', session).length === 1)
  })

  test('that a standing containment means is held from the moment it is adopted', async () => {
    await rig.server.stand([{ host: 'test-host' }] as never)
    try {
      const { session, folder } = await start()
      await until('it is frozen', () => frozenLine(folder).includes('frozen 1'))
      await until('it is cut', () =>
        must('nft', 'list', 'set', 'inet', `${rig.cutTable}_d2`, 'cut').includes(session.slice(-12)),
      )
    } finally {
      await rig.server.stand([])
    }
  })
})

describe.skipIf(skip !== undefined)('without VIGIL_ADOPT', () => {
  const containers = new ContainersHere()
  const rig = new ContainmentRig({ env: { VIGIL_ADOPT: '' } })
  beforeAll(() => rig.start())
  afterAll(async () => {
    await containers.stop()
    await rig.stop()
  })

  test('a container is not adopted', async () => {
    containers.run(containers.make(), ['sleep', '600'])
    await sleep(2_500)
    expect(rig.server.of('session.started')).toEqual([])
  })
})
