// What VIGIL_ADOPT asks for, how container managers name cgroups, and what they leave in files: without a kernel.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { isAskedFor, mayHold, parseAdoptSetting } from './adopt-setting.ts'
import { recognise, sessionIdsOf } from './container-cgroup.ts'
import { noFacts, readContainerFacts } from './container-labels.ts'

const id = '0123456789abcdef'.repeat(4)
const uid = '12345678-9abc-def0-1234-56789abcdef0'
const podSlice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`

const setting = (text: string) => {
  const parsed = parseAdoptSetting(text)
  if (!parsed) throw new Error('nothing is asked for')
  return parsed
}

test('nothing is adopted unless it is asked for', () => {
  for (const text of [undefined, '', ' , ', 'off']) expect(parseAdoptSetting(text)).toBeUndefined()
})

test('a setting that makes no sense is refused in one line', () => {
  for (const text of ['yes', 'sandboxes/*', '/', '/a//b', '/a/../b', '/a/', 'containers,off', '!/a'])
    expect(() => parseAdoptSetting(text), text).toThrow(/^VIGIL_ADOPT .*$/)
})

test.each([
  [`/system.slice/docker-${id}.scope`, 'docker', undefined],
  [`/docker/${id}`, 'docker', undefined],
  [`/kubepods.slice/kubepods-burstable.slice/${podSlice}/cri-containerd-${id}.scope`, 'containerd', uid],
  [`/kubepods.slice/${podSlice}/crio-${id}.scope`, 'cri-o', uid],
  [`/kubepods.slice/${podSlice}/docker-${id}.scope`, 'docker', uid],
  [`/kubepods/burstable/pod${uid}/${id}`, 'kubernetes', uid],
  [`/kubepods/pod${id.slice(0, 32)}/${id}`, 'kubernetes', id.slice(0, 32)],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`, 'podman', undefined],
])('%s is read as a container of %s', (cgroup, manager, pod) => {
  expect(recognise(cgroup)).toEqual({ manager, container: id, pod, name: undefined })
  const prefix = pod === undefined ? 'container' : `pod-${pod.slice(0, 8)}`
  expect(sessionIdsOf(cgroup)[0]).toBe(`${prefix}-0123456789ab`)
})

test('containers that have no id are known by their name, and their session by name and path', () => {
  expect(recognise('/lxc.payload.build-7')).toMatchObject({ manager: 'lxc', name: 'build-7' })
  expect(recognise('/machine.slice/systemd-nspawn@web.service')).toMatchObject({
    manager: 'systemd-nspawn',
    name: 'web',
  })
  expect(sessionIdsOf('/lxc.payload.build-7')[0]).toMatch(/^cgroup-lxc-payload-build-7-[0-9a-f]{8}$/)
  expect(sessionIdsOf('/sandboxes/„ß“')[0]).toMatch(/^cgroup-unnamed-[0-9a-f]{8}$/)
})

test('what only looks like a container is not read as one', () => {
  for (const cgroup of [
    `/system.slice/docker-${id.slice(1)}.scope`,
    `/system.slice/docker-${id}.scope/inner`,
    `/machine.slice/libpod-conmon-${id}.scope`,
    `/kubepods.slice/${podSlice}`,
    `/machine.slice/machine-qemu\\x2d1\\x2dwindows.scope`,
    '/system.slice/docker.service',
  ])
    expect(recognise(cgroup), cgroup).toBeUndefined()
})

test('a pattern stays within its segments, what it takes out is out with everything below, and nothing else is looked into', () => {
  const some = setting('/sandboxes/*, /lab/?/agent-*,!/sandboxes/data*')
  expect(['/sandboxes/a', '/lab/1/agent-x'].map((each) => isAskedFor(some, each))).toEqual([true, true])
  for (const not of ['/sandboxes', '/sandboxes/a/b', '/sandboxes/database', '/lab/12/agent-x', `/docker/${id}`])
    expect(isAskedFor(some, not), not).toBe(false)
  expect(['/sandboxes', '/lab', '/lab/1', '/docker', '/sandboxes/data'].map((each) => mayHold(some, each))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  const all = setting(`containers,!/docker/${id}`)
  expect([isAskedFor(all, `/docker/${id}`), isAskedFor(all, `/docker/${id.replace('0', '1')}`)]).toEqual([false, true])
  expect(isAskedFor(setting('/a.b/*'), '/axb/c')).toBe(false)
})

test('name and image are read from the files of Docker and of Kubernetes, and a file that does not fit is passed over', () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-facts-'))
  const write = (file: string, content: string) => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), content)
  }
  try {
    expect(readContainerFacts(id, root)).toEqual(noFacts)
    expect(readContainerFacts('../../etc/passwd', root)).toEqual(noFacts)
    const pod = `run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`
    write(pod, JSON.stringify({ annotations: { 'io.kubernetes.cri.container-type': 'sandbox' } }))
    expect(readContainerFacts(id, root)).toMatchObject({ isSandbox: true })
    const names = {
      'io.kubernetes.cri.container-name': 'agent',
      'io.kubernetes.cri.image-name': 'registry.test/agent:1',
    }
    write(pod, JSON.stringify({ annotations: names }))
    expect(readContainerFacts(id, root)).toEqual({ name: 'agent', image: 'registry.test/agent:1', isSandbox: false })
    const docker = `var/lib/docker/containers/${id}/config.v2.json`
    write(docker, JSON.stringify({ Name: '/brave_agent', Config: { Image: 'node:20' } }))
    expect(readContainerFacts(id, root)).toEqual({ name: 'brave_agent', image: 'node:20', isSandbox: false })
    write(docker, '{"Name": 7}')
    expect(readContainerFacts(id, root).name).toBe('agent')
    fs.rmSync(path.join(root, docker))
    fs.symlinkSync('/etc/hostname', path.join(root, docker))
    expect(readContainerFacts(id, root).name).toBe('agent')
  } finally {
    fs.rmSync(root, { recursive: true })
  }
})
