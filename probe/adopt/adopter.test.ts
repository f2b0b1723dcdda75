// Which cgroups of other makers are taken in, and which never: with real cgroups and processes, without a probe around it.
import fs from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { mountPointOf } from '../cgroup-mount.ts'
import { SessionsHere } from '../cgroup-session.test-fixture.ts'
import { ContainersHere } from '../containers.test-fixture.ts'
import { cgroupFreeze } from '../enforce/cgroup-freeze.ts'
import { cgroupKill } from '../enforce/cgroup-kill.ts'
import { openEgress } from '../enforce/egress.ts'
import { levelOf } from '../enforce/egress-target.ts'
import { until } from '../fake-server.test-fixture.ts'
import { memberOf } from '../observe/members.ts'
import { readNetns, readStat } from '../observe/read-process.ts'
import { finding, frozenLine, leaveOut } from '../probe-rig.test-fixture.ts'
import type { Fact } from '../record.ts'
import { newSession, type Session } from '../session.ts'
import type { Taken } from '../session-keeper.ts'
import { noRest } from '../turns.ts'
import { parseAdoptSetting } from './adopt-setting.ts'
import { Adopter } from './adopter.ts'

const skip = leaveOut('which cgroups are adopted')
const sleeping = ['sleep', '600']

describe.skipIf(skip !== undefined)(`adoption of cgroups${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  let containers = new ContainersHere()
  const here = new SessionsHere()
  afterEach(async () => {
    await containers.stop()
    await here.end()
    containers = new ContainersHere()
  })

  function adopter(text: string, more: { serverUrl?: string; max?: number; root?: string } = {}) {
    const setting = parseAdoptSetting(text)
    if (!finding.ok || !setting) throw new Error('left out')
    const sessions = new Map<string, Session>()
    const facts: Fact[] = []
    const takeIn = ({ id, folder, path, inode, name, labels }: Taken) => {
      const of = { held: 'cgroup', bootId: 'b', openedAtMs: 0 } as const
      const adopted = { inode, name, labels }
      sessions.set(id, newSession({ id, ...of, cgroupFolder: folder, cgroupPath: path, adopted }))
    }
    const record = (fact: Fact) => void facts.push(fact)
    const serverUrl = 'https://vigil.example'
    const one = new Adopter({ setting, home: finding.home, sessions, takeIn, record, serverUrl, ...more })
    const look = async () => {
      await one.look(noRest)
      return [...sessions.values()].map(({ cgroupPath }) => cgroupPath).sort()
    }
    return { look, sessions, facts, note: () => one.note }
  }
  const running = async (folder: string) =>
    until(`${folder} is populated`, () => frozenLine(folder).includes('populated 1'))
  /** As the adopter would hand it over. */
  const adoptedAt = (container: { path: string; folder: string }, inode = fs.statSync(container.folder).ino): Session =>
    newSession({
      id: 'adopted' as Session['id'],
      held: 'cgroup',
      cgroupFolder: container.folder,
      cgroupPath: container.path,
      adopted: { inode, name: undefined, labels: {} },
      bootId: 'b',
      openedAtMs: 0,
    })

  test('a container with a process in it is taken once, an empty one later, and what is inside one belongs to it', async () => {
    const first = containers.make()
    const empty = containers.make('/system.slice')
    containers.run(first, sleeping, `/docker/${'b'.repeat(64)}`)
    await running(first.folder)
    const { look, sessions } = adopter(
      ['docker-*', 'docker-*/docker/*', 'system.slice/docker-*'].map((each) => `${containers.path}/${each}`).join(),
    )
    expect(await look()).toEqual([first.path])
    expect(await look()).toEqual([first.path])
    containers.run(empty, sleeping)
    await running(empty.folder)
    expect(await look()).toEqual([first.path, empty.path])
    const [session] = sessions.values()
    expect(session).toMatchObject({ id: `container-${first.id.slice(0, 12)}`, held: 'cgroup' })
    expect(session?.adopted).toEqual({
      inode: fs.statSync(first.folder).ino,
      name: undefined,
      labels: { manager: 'docker', container: first.id },
    })
  })

  test('the folder of our own sessions, everything in it and everything above it is never taken, whatever is asked for', async () => {
    const session = here.inCgroup('not-adopted')
    await here.start(session, 'sleep', ['600'])
    if (!finding.ok) throw new Error('left out')
    const { path: home } = finding.home
    const own = `${home}/${path.basename(session.cgroupFolder)}`
    expect(await adopter(`${home},${own}`).look()).toEqual([])
  })

  test('a cgroup in which the server listens is never taken, nor one above it', async () => {
    const container = containers.make('/inner')
    const port = await freePort()
    const program = `require('node:net').createServer().listen(${port}, '127.0.0.1')`
    containers.run(container, [process.execPath, '-e', program])
    await until('it listens', () => listens(port))
    const asked = `${containers.path}/*,${containers.path}/*/*`
    expect(await adopter(asked, { serverUrl: `http://127.0.0.1:${port}` }).look()).toEqual([])
    expect(await adopter(asked).look()).toEqual([`${containers.path}/inner`])
  })

  test('the container that only holds the namespaces of a pod is left out, and a name from a file is a label', async () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-adopter-'))
    try {
      const pod = '/kubepods.slice/kubepods-pod12345678_9abc_def0_1234_56789abcdef0.slice'
      const agent = containers.make(pod, (id) => `cri-containerd-${id}.scope`)
      const pause = containers.make(pod, (id) => `cri-containerd-${id}.scope`)
      for (const each of [agent, pause]) containers.run(each, sleeping)
      for (const each of [agent, pause]) await running(each.folder)
      const annotate = (id: string, annotations: { [name: string]: string }) => {
        const folder = path.join(root, 'run/containerd/io.containerd.runtime.v2.task/k8s.io', id)
        fs.mkdirSync(folder, { recursive: true })
        fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ annotations }))
      }
      annotate(pause.id, { 'io.kubernetes.cri.container-type': 'sandbox' })
      annotate(agent.id, { 'io.kubernetes.cri.container-name': 'agent' })
      const { look, sessions } = adopter(`${containers.path}/*/*/*`, { root })
      expect(await look()).toEqual([agent.path])
      expect(await look()).toEqual([agent.path])
      const session = sessions.get(`pod-12345678-${agent.id.slice(0, 12)}`)
      expect(session?.adopted).toMatchObject({
        name: 'agent',
        labels: {
          manager: 'containerd',
          container: agent.id,
          pod: '12345678-9abc-def0-1234-56789abcdef0',
          name: 'agent',
        },
      })
    } finally {
      fs.rmSync(root, { recursive: true })
    }
  })

  test('of more containers than may be adopted the rest is counted and said, once', async () => {
    const all = [containers.make(), containers.make(), containers.make()]
    for (const each of all) containers.run(each, sleeping)
    for (const each of all) await running(each.folder)
    const { look, facts, note } = adopter(`${containers.path}/*`, { max: 1 })
    expect(await look()).toHaveLength(1)
    expect(await look()).toHaveLength(1)
    expect(facts.map(({ data }) => data)).toEqual([
      { stream: 'events', count: 2, reason: 'more than 1 containers: these are not adopted and not observed' },
    ])
    expect(note()).toContain('more than 1 would fit: the rest is not adopted')
  })

  test('another cgroup that has the path of an adopted one by now is neither frozen, killed nor cut', async () => {
    const container = containers.make()
    const gone = adoptedAt(container)
    await containers.remove(container)
    const other = containers.makeAt(container.id, container.path.slice(containers.path.length))
    const child = containers.run(other, sleeping)
    await running(other.folder)
    expect(fs.statSync(other.folder).ino).not.toBe(gone.adopted?.inode)
    expect(() => cgroupFreeze.apply(gone)).toThrow('another cgroup by now')
    expect(cgroupFreeze.observe(gone)).toMatchObject({ restricted: false, observed: 'cgroup is gone', empty: true })
    if (!finding.ok) throw new Error('left out')
    const killer = cgroupKill(finding.home.folder)
    expect(killer.kill(gone)).toBe(`${container.folder} is gone`)
    expect(killer.observe(gone)).toMatchObject({ dead: true, observed: 'cgroup is gone' })
    expect(memberOf(gone, child.pid ?? 0)).toBeUndefined()
    const found = await openEgress({
      home: finding.home,
      owner: `adopter-test-${process.pid}`,
      hostNetns: readNetns('self'),
      adopted: { level: levelOf(gone), paths: () => [] },
      warn: () => {},
    })
    if (!found.ok) throw new Error(found.reason)
    try {
      await found.egress.apply(gone)
      expect(await found.egress.observe(gone)).toMatchObject({ restricted: false, observed: 'cgroup is gone' })
    } finally {
      await found.egress.close()
    }
    expect(frozenLine(other.folder)).toContain('frozen 0')
    expect(readStat(child.pid ?? 0)).toBeDefined()
  })

  test('a cgroup that has come to hold the probe itself is neither frozen nor killed', () => {
    if (!finding.ok) throw new Error('left out')
    const root = adoptedAt({ path: '/', folder: mountPointOf(finding.home) })
    expect(() => cgroupFreeze.apply(root)).toThrow(`this probe itself is in ${root.cgroupFolder}`)
    const killer = cgroupKill(finding.home.folder)
    expect(() => killer.kill(root)).toThrow('this probe itself is in')
  })

  test('what has left an adopted cgroup is told as left and is never signalled: it may be its manager', async () => {
    const container = containers.make()
    const child = containers.run(container, sleeping)
    await running(container.folder)
    const session = adoptedAt(container)
    const pid = child.pid ?? 0
    const startTicks = readStat(pid)?.startTicks ?? 0
    session.main = { pid, startTicks }
    const outside = containers.makeAt('', '/outside')
    fs.writeFileSync(path.join(outside.folder, 'cgroup.procs'), String(pid))
    if (!finding.ok) throw new Error('left out')
    const killer = cgroupKill(finding.home.folder)
    expect(killer.kill(session)).toBe(`1 written to ${container.folder}/cgroup.kill`)
    expect(killer.observe(session)).toMatchObject({
      dead: false,
      left: [expect.stringContaining(`[${pid}] left the cgroup and is still alive`)],
    })
    expect(memberOf(session, pid)).toBeUndefined()
    expect(readStat(pid)?.startTicks).toBe(startTicks)
  })
})

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function listens(port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return new RegExp(`0100007F:${hex} 00000000:0000 0A`).test(fs.readFileSync('/proc/net/tcp', 'utf8'))
}
