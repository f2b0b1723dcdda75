// Several controls of one session: at once, repeated, by several causes, over a tree of two hundred processes, and over a session that
// is about to end. Each control has one end, and what it left is nothing.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SessionId } from '../server/protocol/ids.ts'
import { ContainmentRig, sleep } from './containment-rig.test-fixture.ts'
import { must } from './enforce/egress-rig.test-fixture.ts'
import { until } from './fake-server.test-fixture.ts'
import { frozenLine, leaveOut, name } from './probe-rig.test-fixture.ts'

const skip = leaveOut('several controls of one session')
const endless = 'while :; do sleep 0.2; done'

describe.skipIf(skip !== undefined)(`controls${skip === undefined ? '' : ` (LEFT OUT: ${skip})`}`, () => {
  const rig = new ContainmentRig()
  beforeAll(() => rig.start())
  afterAll(() => rig.stop())

  test('a tree of two hundred processes is frozen, then ended for good, and what else was asked of it is cancelled', async () => {
    const id = name('tree')
    await rig.runs(id, 'for i in $(seq 200); do sleep 600 & done; wait')
    const procs = () =>
      fs
        .readFileSync(path.join(rig.cgroupOf(id), 'cgroup.procs'), 'utf8')
        .trim()
        .split('\n').length
    await until('all of them run', () => procs() === 201, 20_000)
    const contained = await rig.control(id, 'contain', `c-${id}`)
    expect(contained).toMatchObject({ outcome: 'enforced', processCount: 201 })
    expect([rig.isFrozen(id), rig.isCut(id)]).toEqual([true, true])
    await rig.askAll(id, [
      { action: 'pause', control: `p-${id}` },
      { action: 'end', control: `e-${id}` },
    ])
    await rig.ends(id, `p-${id}`, `e-${id}`)
    expect(rig.endsOf(id, `e-${id}`)).toEqual([
      expect.objectContaining({ outcome: 'enforced', enforcer: 'cgroup-kill', observed: 'populated 0' }),
    ])
    expect(rig.endsOf(id, `p-${id}`).map(({ outcome }) => outcome)).toEqual(['cancelled'])
    await until('nothing is left', () => rig.server.of('session.ended', id).length > 0 && rig.isGone(id), 20_000)
    expect(rig.server.of('session.ended', id)).toHaveLength(1)
    expect(rig.notOnce(id, [`c-${id}`, `p-${id}`, `e-${id}`])).toEqual([])
  })

  test('a session that a standing containment means is born frozen: not one line of it runs before the order is lifted, server or not', async () => {
    await rig.server.stand([{ sessions: ['born', 'orphan'].map((each) => SessionId.parse(`${each}-${process.pid}`)) }])
    for (const each of ['born', 'orphan']) {
      const id = `${each}-${process.pid}`
      if (each === 'orphan') {
        // The order is kept on disk: a probe that starts without its server holds by it all the same.
        await rig.stopProbe('SIGKILL')
        await rig.server.stop()
        const starts = () => rig.said.split('probe is observing').length
        const before = starts()
        rig.spawnProbe()
        await until('the probe observes', () => starts() > before, 20_000)
      }
      const file = path.join(rig.data, id)
      const { out } = rig.run(id, `echo ran >${file}; sleep 60`)
      await until('it is frozen', () => fs.existsSync(rig.cgroupOf(id)) && rig.isFrozen(id) && rig.isCut(id))
      await until('its shell waits in the cgroup', () => frozenLine(rig.cgroupOf(id)).includes('populated 1'))
      await sleep(300)
      expect([each, fs.existsSync(file), out()]).toEqual([each, false, expect.stringContaining('standing containment')])
      if (each === 'orphan') await rig.server.start(rig.server.port)
      await until('it is told', () => rig.server.of('session.started', id).length > 0, 20_000)
      await rig.server.want({ session: SessionId.parse(id), restrict: [], pending: [] })
      await until('it runs now', () => fs.existsSync(file))
      fs.writeFileSync(path.join(rig.cgroupOf(id), 'cgroup.kill'), '1')
    }
    await rig.server.stand([])
  })

  test('a containment and a pause at once, said five times over, have one end each, and the effect happened once', async () => {
    const id = name('at-once')
    await rig.runs(id, endless)
    const controls = [`c-${id}`, `p-${id}`]
    const [contain, pause] = controls
    const first = rig.askAll(id, [
      { action: 'contain', control: String(contain) },
      { action: 'pause', control: String(pause) },
    ])
    await Promise.all([first, ...Array.from({ length: 5 }, () => rig.askAgain(id))])
    await rig.ends(id, ...controls)
    for (const control of controls) await rig.step(id, control, 'verified')
    await rig.askAgain(id)
    await sleep(1_200)
    expect(rig.notOnce(id, controls)).toEqual([])
    expect(controls.flatMap((each) => rig.endsOf(id, each)).map(({ outcome }) => outcome)).toEqual([
      'enforced',
      'enforced',
    ])
    for (const control of controls) {
      const names = rig.steps(id, control).map(({ data }) => data.name)
      expect(new Set(names).size, names.join()).toBe(names.length)
    }
    const parts = rig.server.of('evidence.recorded', id).map(({ data }) => data.evidence.part)
    expect(new Set(parts).size, parts.join()).toBe(parts.length)
    expect(rig.saidOfNetwork(id)).toEqual([true])
    expect(rig.server.of('session.observed', id).map(({ data }) => data.paused)).toEqual([true])
    await rig.finish(id)
  })

  test('of two causes that hold a session one is lifted: that control says so, and the session stays held until the other goes', async () => {
    const id = name('causes')
    await rig.runs(id, endless)
    await rig.control(id, 'pause', `p-${id}`)
    await rig.control(id, 'contain', `c-${id}`)
    expect(await rig.control(id, 'resume', `r-${id}`)).toMatchObject({ outcome: 'lifted' })
    expect([rig.isFrozen(id), rig.isCut(id)]).toEqual([true, true])
    await rig.control(id, 'revoke', `v-${id}`, 'network')
    expect(await rig.control(id, 'release', `l-${id}`)).toMatchObject({ outcome: 'enforced', observed: 'frozen 0' })
    expect([rig.isFrozen(id), rig.isCut(id)]).toEqual([false, true])
    expect(await rig.control(id, 'restore', `o-${id}`, 'network')).toMatchObject({ outcome: 'enforced' })
    expect([rig.isFrozen(id), rig.isCut(id)]).toEqual([false, false])
    expect(rig.server.of('session.observed', id).map(({ data }) => data.paused)).toEqual([true, false])
    expect(rig.saidOfNetwork(id)).toEqual([true, false])
    await rig.finish(id)
  })

  test('a session that ends by itself in the middle of a containment leaves nothing, and its control has one end that is true', async () => {
    const outcomes: string[] = []
    // Milliseconds from the ask to the end of the session.
    for (const delayMs of [-10, 0, 8, 16, 30, 150]) {
      const id = name('ends')
      const fifo = path.join(rig.data, id)
      must('mkfifo', fifo)
      await rig.runs(id, `read -r _ <${fifo}; exit 0`)
      await until('it waits', () => rig.server.of('process.started', id).length > 0, 20_000)
      const end = fs.openSync(fifo, fs.constants.O_RDWR)
      const ask = () => rig.ask(id, 'contain', `c-${id}`)
      const exit = () => fs.writeSync(end, 'go\n')
      const [first, second] = delayMs < 0 ? [exit, ask] : [ask, exit]
      first()
      await sleep(Math.abs(delayMs))
      second()
      await rig.ends(id, `c-${id}`)
      const outcome = rig.endsOf(id, `c-${id}`)[0]?.outcome ?? ''
      outcomes.push(outcome)
      // Held before it could end: it is really held.
      if (outcome === 'enforced') expect([rig.isFrozen(id), rig.isCut(id)]).toEqual([true, true])
      else expect(outcome).toBe('cancelled')
      fs.closeSync(end)
      if (outcome === 'enforced') await rig.finish(id)
      await until('nothing is left', () => rig.server.of('session.ended', id).length > 0 && rig.isGone(id), 20_000)
      expect(rig.notOnce(id, [`c-${id}`])).toEqual([])
    }
    console.info(`ended in the middle: ${outcomes.join(', ')}`)
    expect(outcomes).toContain('cancelled')
  })
})
