// Hashes of programs: of the file that runs, kept as long as it is surely the same, and never from what could hang the probe.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { SessionsHere } from '../cgroup-session.test-fixture.ts'
import { noRest, Turns } from '../turns.ts'
import { parseMounts, whyNotRead } from './exe-filesystem.ts'
import { ExeHasher } from './exe-hash.ts'
import { readStat } from './read-process.ts'

const here = new SessionsHere()
let folder = ''
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-hash-'))
})
afterEach(() => here.end())
afterAll(() => fs.rmSync(folder, { recursive: true }))

const start = async (file: string) => {
  const pid = await here.start(here.withoutCgroup('hash'), file, ['60'])
  return { pid, startTicks: readStat(pid)?.startTicks ?? 0, link: fs.readlinkSync(`/proc/${pid}/exe`) }
}
const copyOf = (name: string, tail: string): string => {
  const file = path.join(folder, name)
  fs.copyFileSync('/bin/sleep', file)
  fs.appendFileSync(file, tail)
  return file
}
const shaOf = (file: string): string => createHash('sha256').update(fs.readFileSync(file)).digest('hex')

test('many processes of one program are one reading of its file', async () => {
  const hasher = new ExeHasher({ rest: noRest })
  const process = await start('/bin/sleep')
  const hashes = await Promise.all(Array.from({ length: 50 }, () => hasher.hash(process)))
  expect(new Set(hashes.map((hash) => JSON.stringify(hash)))).toEqual(
    new Set([JSON.stringify({ sha256: shaOf('/bin/sleep') })]),
  )
  expect(hasher.filesRead).toBe(1)
})

test('a file rewritten in place with its old length and its old time set back is hashed anew', async () => {
  const file = copyOf('forged', 'aaaa')
  const hasher = new ExeHasher({ rest: noRest })
  const long = new Date(Date.now() - 3_600_000)
  fs.utimesSync(file, long, long)
  const before = await start(file)
  expect(await hasher.hash(before)).toEqual({ sha256: shaOf(file) })
  await here.end()
  const { size } = fs.statSync(file)
  // The kernel lets a program's file be written only some time after its last process is gone.
  const descriptor = await openWhenFree(file)
  fs.writeSync(descriptor, 'bbbb', size - 4)
  fs.closeSync(descriptor)
  fs.utimesSync(file, long, long)
  expect(await hasher.hash(await start(file))).toEqual({ sha256: shaOf(file) })
})

async function openWhenFree(file: string): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    try {
      return fs.openSync(file, 'r+')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ETXTBSY' || tries > 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

test('a program that is too large, has ended, changed, or belongs to another start time is left out with the reason', async () => {
  const process = await start(copyOf('large', 'x'.repeat(2_000_000)))
  expect(await new ExeHasher({ rest: noRest, maxBytes: 1_048_576 }).hash(process)).toEqual({
    problem: 'larger than 1 MiB',
  })
  const hasher = new ExeHasher({ rest: noRest })
  expect(await hasher.hash({ ...process, startTicks: process.startTicks - 1 })).toEqual({ problem: 'it ended' })
  expect(await hasher.hash({ ...process, link: '/bin/other' })).toEqual({ problem: 'its program changed' })
  expect(await hasher.hash({ pid: 4_194_303, startTicks: 1, link: '/x' })).toEqual({ problem: 'it ended' })
})

test('reading a large program lets others have their turn', async () => {
  const turns = new Turns()
  const file = copyOf('big', '')
  fs.truncateSync(file, 64 * 1_048_576)
  const process = await start(file)
  let longestMs = 0
  let lastMs = performance.now()
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastMs - 1)
    lastMs = performance.now()
  }, 1)
  const startMs = performance.now()
  const hash = await new ExeHasher({ rest: () => turns.rest() }).hash(process)
  clearInterval(timer)
  console.info(
    `64 MiB hashed in ${(performance.now() - startMs).toFixed(0)} ms, longest hold ${longestMs.toFixed(1)} ms`,
  )
  expect(hash).toEqual({ sha256: shaOf(file) })
})

test('a program on a file system that its session may serve itself, or that may hang, is never opened for reading', () => {
  const ours = parseMounts(
    [
      '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
      '40 22 0:60 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=/a b',
    ].join('\n'),
  )
  const theirs = parseMounts(
    [
      '90 1 0:60 / / rw - overlay overlay rw,lowerdir=/a',
      '91 90 0:70 / /mnt rw - fuse.sshfs agent rw',
      '92 90 0:71 / /own rw - overlay overlay rw,lowerdir=/mnt',
      '93 90 0:72 / /nfs rw master:3 - nfs4 host:/x rw',
      '94 90 0:73 / /tmp rw - tmpfs tmpfs rw',
    ].join('\n'),
  )
  const why = (id: number, isMemfd = false) => whyNotRead(id, theirs, ours, isMemfd)
  expect([22, 90, 94].map((id) => why(id))).toEqual([undefined, undefined, undefined])
  expect(why(91)).toBe('it lies on fuse.sshfs, which may never answer')
  expect(why(92)).toBe('it lies on overlay, which may never answer')
  expect(why(93)).toBe('it lies on nfs4, which may never answer')
  expect(why(17)).toBe('its file system is no longer mounted')
  expect(why(17, true)).toBeUndefined()
})
