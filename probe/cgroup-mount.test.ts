// A session's cgroup is always a fresh one, or none: with real cgroups.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeSessionFolder, makeSessionCgroup, removeSessionCgroup } from './cgroup-mount.ts'
import { until } from './fake-server.test-fixture.ts'
import { finding, frozenLine, leaveOut, name } from './probe-rig.test-fixture.ts'

const skip = leaveOut('session cgroups')

describe.skipIf(skip !== undefined)(`a session's cgroup${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const made: string[] = []
  const children: ChildProcess[] = []
  const homeHere = () => {
    if (!finding.ok) throw new Error('left out')
    return finding.home
  }
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const folder of made.splice(0)) {
      await until(`${folder} is gone`, () => {
        removeSessionCgroup(homeHere(), folder)
        return !fs.existsSync(folder)
      })
    }
  })
  const leftOver = (session: string): string => {
    const folder = path.join(homeHere().folder, encodeSessionFolder(session))
    fs.mkdirSync(folder)
    made.push(folder)
    return folder
  }

  test('of a name whose empty left-over is still there, frozen and with a child, is made afresh and is not born frozen', async () => {
    const session = name('left-over')
    const folder = leftOver(session)
    fs.mkdirSync(path.join(folder, 'inner'))
    fs.writeFileSync(path.join(folder, 'cgroup.freeze'), '1')
    await until('the left-over is frozen', () => frozenLine(folder).includes('frozen 1'))
    const { ino } = fs.statSync(folder)
    expect(makeSessionCgroup(homeHere(), session).folder).toBe(folder)
    expect(fs.statSync(folder).ino).not.toBe(ino)
    expect(fs.existsSync(path.join(folder, 'inner'))).toBe(false)
    expect(frozenLine(folder)).toContain('frozen 0')
  })

  test('of a name under which processes still live is refused with what to do, and those are left alone', async () => {
    const session = name('in-use')
    const folder = leftOver(session)
    const inner = path.join(folder, 'inner')
    fs.mkdirSync(inner)
    fs.mkdirSync(path.join(folder, 'empty'))
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    children.push(child)
    fs.writeFileSync(path.join(inner, 'cgroup.procs'), String(child.pid))
    expect(() => makeSessionCgroup(homeHere(), session)).toThrow(
      /^the cgroup \S+ still holds processes of an earlier session of this name: choose another --session$/,
    )
    expect(fs.readFileSync(path.join(inner, 'cgroup.procs'), 'utf8').trim()).toBe(String(child.pid))
    expect(fs.existsSync(path.join(folder, 'empty'))).toBe(true)
  })

  test('of a new name is simply made', () => {
    const session = name('new')
    const { folder, path: inside } = makeSessionCgroup(homeHere(), session)
    made.push(folder)
    expect(inside).toBe(path.posix.join(homeHere().path, session))
    expect(frozenLine(folder)).toBe('populated 0\nfrozen 0\n')
  })
})
