// Containments where a part of it cannot be done: without nft, and without a cgroup. What is left is said, beforehand and afterwards,
// and the rest is done all the same.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ContainmentRig, sizeOf, sleep } from './containment-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { readStat } from './observe/read-process.ts'
import { leaveOut, name, Rig, type RigOptions } from './probe-rig.test-fixture.ts'

const skip = leaveOut('containments of which a part cannot be done')
const tools = ['bash', 'sh', 'sleep', 'ss', 'ip', 'nsenter', 'lsns']

/** A folder with what a probe needs, but for nft. */
function folderWithoutNft(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vigil-no-nft-'))
  for (const tool of tools) {
    const found = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
    if (path.isAbsolute(found)) fs.symlinkSync(found, path.join(folder, tool))
  }
  return folder
}

describe.skipIf(skip !== undefined)(`limits${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  let rig: Rig | undefined
  let folder: string | undefined
  afterEach(async () => {
    await rig?.stop()
    if (folder !== undefined) fs.rmSync(folder, { recursive: true })
    folder = undefined
  })
  const startRig = async <R extends Rig>(made: R): Promise<R> => {
    rig = made
    await made.start()
    return made
  }
  const networkOf = (of: Rig) =>
    of.server
      .of('probe.connected')
      .at(-1)
      ?.data.abilities.find((ability) => ability.name === 'network')

  test('on a host without nft the network is said beforehand to stay, a containment freezes all the same and names it as left', async () => {
    folder = folderWithoutNft()
    const options: RigOptions = { path: folder }
    const here = await startRig(new ContainmentRig(options))
    const why = 'The network cannot be taken away here: nft (nftables) is not installed.'
    expect(networkOf(here)).toEqual({ name: 'network', can: 'no', enforcer: '', detail: why })
    const id = name('no-nft')
    await here.runs(id, 'while :; do sleep 0.2; done')
    expect(await here.control(id, 'contain', `c-${id}`)).toMatchObject({
      outcome: 'partial',
      enforcer: 'cgroup-freeze',
      observed: 'frozen 1',
      left: [`network: ${why}`],
    })
    expect(here.isFrozen(id)).toBe(true)
    const steps = here.steps(id, `c-${id}`).map(({ data }) => data)
    expect(steps.find((step) => step.name === 'frozen')?.ok).toBe(true)
    expect(steps.filter((step) => /egress|flows|verified/.test(step.name) && step.ok)).toEqual([])
    expect(await here.control(id, 'revoke', `v-${id}`, 'network')).toMatchObject({
      outcome: 'failed',
      left: [`network: ${why}`],
    })
    expect(here.saidOfNetwork(id)).toEqual([])
    await here.control(id, 'release', `r-${id}`)
    expect(here.isFrozen(id)).toBe(false)
    expect(here.notOnce(id, [`c-${id}`, `v-${id}`, `r-${id}`])).toEqual([])
  })

  test('without a cgroup a containment stops what is known and names the network as left, and an end kills what is known', async () => {
    const here = await startRig(new Rig({ ordinaryUser: true }))
    expect(networkOf(here)).toMatchObject({ can: 'no', enforcer: '' })
    const id = name('group')
    const file = path.join(here.data, id)
    const loop = `while :; do printf x >>${file}; sleep 0.05; done`
    here.run(id, `(${loop}) & (${loop}) & wait`)
    await until('its processes are known', () => here.server.of('process.started', id).length >= 3, 20_000)
    const pid = here.server.of('session.started', id)[0]?.data.pid ?? 0
    const contained = await here.control(id, 'contain', `c-${id}`)
    expect(contained).toMatchObject({
      outcome: 'partial',
      enforcer: 'process-group-stop',
      left: ['network: The network of a session without a cgroup cannot be taken away.'],
    })
    expect(contained.observed).toMatch(/^(\d+) of \1 known processes read T$/)
    expect(readStat(pid)?.state).toBe('T')
    const counted = sizeOf(file)
    await sleep(500)
    expect(sizeOf(file)).toBe(counted)
    await here.askAll(id, [
      { action: 'resume', control: `r-${id}` },
      { action: 'end', control: `e-${id}` },
    ])
    const endsOf = (control: string) =>
      here.server.of('control.ended', id).filter(({ data }) => data.control === control)
    await until('both have their end', () => endsOf(`e-${id}`).length > 0 && endsOf(`r-${id}`).length > 0, 20_000)
    expect(endsOf(`e-${id}`)[0]?.data).toMatchObject({
      outcome: 'enforced',
      enforcer: 'process-group-kill',
      observed: 'no known process is alive',
    })
    await until('it ended', () => here.server.of('session.ended', id).length === 1, 20_000)
    expect(readStat(pid)?.state ?? 'gone').toMatch(/^(gone|Z|X)$/)
    for (const control of ['c', 'r', 'e']) expect(endsOf(`${control}-${id}`)).toHaveLength(1)
  })
})
