// What must never happen, over random stories of clicks, crashes of either side, broken lines, repeats and time: a restriction that
// stays although nobody wants it, one that is gone although somebody does, a control with two ends or none, a claim without effect.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testSession } from './model/event-for-test.ts'
import { isRestricted } from './model/holds.ts'
import { isControlOpen } from './protocol/control.ts'
import { levels, World } from './reconciliation-world.test-fixture.ts'

type Step = { name: string; run: (world: World) => void | Promise<void> }
const step = (name: string, run: Step['run']): Step => ({ name, run })
const who = fc.constantFrom('ann', 'ben')
const level = fc.constantFrom(...levels)
const maybeTtl = fc.option(fc.constantFrom(1_000, 60_000), { nil: undefined })
const maybeReason = fc.option(fc.constantFrom('tunnel', 'mining'), { nil: undefined })

const click = fc
  .record({
    action: fc.constantFrom('pause', 'resume', 'contain', 'release', 'snapshot'),
    who,
    reason: maybeReason,
    ttl: maybeTtl,
  })
  .map(({ action, who: by, reason, ttl }) =>
    step(`${by}: ${action} ${reason ?? ''} ${ttl ?? ''}`, (world) =>
      world.click(action as 'pause', by, undefined, reason, ttl),
    ),
  )
const clickCapability = fc
  .record({
    action: fc.constantFrom('revoke', 'restore'),
    who,
    capability: fc.constantFrom('network', 'gpu'),
    ttl: maybeTtl,
  })
  .map(({ action, who: by, capability, ttl }) =>
    step(`${by}: ${action} ${capability} ${ttl ?? ''}`, (world) =>
      world.click(action as 'revoke', by, capability as 'network', undefined, ttl),
    ),
  )
const trouble = fc.oneof(
  fc.constantFrom(
    step('the line breaks', (world) => world.cutLine()),
    step('the line is back', (world) => world.healLine()),
    step('the server crashes', (world) => world.crashServer()),
    step('the probe crashes', (world) => world.crashProbe()),
    step('the probe starts', (world) => world.startProbeAgain()),
    step('a message is repeated', (world) => world.repeat()),
    step('the probe looks', (world) => world.look()),
    step('contain all', (world) => world.containAll('ann')),
    step('lift all', (world) => world.liftAll('ben')),
  ),
  fc.integer({ min: 1, max: 6 }).map((count) => step(`${count} turns`, (world) => world.turns(count))),
  fc.constantFrom(500, 1_000, 70_000).map((ms) => step(`${ms} ms pass`, (world) => world.pass(ms))),
  level.map((each) => step(`somebody lets go ${each} behind our back`, (world) => world.tamper(each))),
  level.map((each) => step(`the kernel refuses ${each}`, (world) => void world.refuses.add(each))),
  level.map((each) => step(`the kernel obeys again in ${each}`, (world) => void world.refuses.delete(each))),
  level.map((each) => step(`the tool for ${each} is gone`, (world) => void world.missing.add(each))),
  level.map((each) => step(`the tool for ${each} is back`, (world) => void world.missing.delete(each))),
  level.map((each) => step(`${each} cannot be read`, (world) => void world.unreadable.add(each))),
  level.map((each) => step(`${each} can be read again`, (world) => void world.unreadable.delete(each))),
)
const story = fc.array(fc.oneof({ arbitrary: click, weight: 3 }, { arbitrary: clickCapability, weight: 2 }, trouble), {
  minLength: 1,
  maxLength: 30,
})

describe('over any story, once everything works again', () => {
  it('every applied restriction is reverted or still wanted, and every wanted one is applied, read and told', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const world = new World()
        try {
          for (const each of steps) await each.run(world)
          await world.settle()
          const session = world.state.sessions.get(testSession)
          if (!session) throw new Error('the session is gone')
          for (const each of levels) expect([each, world.kernel[each]]).toEqual([each, isRestricted(session, each)])
          expect(session.observedPaused).toBe(world.kernel.pause)
          for (const each of ['network', 'gpu'] as const)
            expect([each, session.readings.get(each)?.restricted ?? false]).toEqual([each, world.kernel[each]])
        } finally {
          world.end()
        }
      }),
      { numRuns: Number(process.env.VIGIL_RUNS ?? 150) },
    )
  })

  it('every control has exactly one end, and none is called enforced that was never read', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const world = new World()
        try {
          for (const each of steps) await each.run(world)
          await world.settle()
          expect(world.lies).toEqual([])
          const ends = new Map<string, number>()
          for (const event of world.log) {
            if (event.kind === 'control.ended') ends.set(event.data.control, (ends.get(event.data.control) ?? 0) + 1)
          }
          const asked = world.log.flatMap((event) => (event.kind === 'control.requested' ? [event.data.control] : []))
          expect(asked.map((control) => [control, ends.get(control) ?? 0])).toEqual(
            asked.map((control) => [control, 1]),
          )
          const session = world.state.sessions.get(testSession)
          expect(session?.controls.filter((record) => isControlOpen(record.state))).toEqual([])
        } finally {
          world.end()
        }
      }),
      { numRuns: Number(process.env.VIGIL_RUNS ?? 150) },
    )
  })

  it('an effect happens once however often it is asked: two operators, repeats, and both records end', async () => {
    const world = new World()
    world.click('pause', 'ann')
    world.click('pause', 'ben')
    world.repeat()
    await world.turns(20)
    world.repeat()
    await world.settle()
    expect(world.changes).toBe(1)
    const ends = world.log.flatMap((event) => (event.kind === 'control.ended' ? [event.data.outcome] : []))
    expect(ends).toEqual(['enforced', 'enforced'])
    world.end()
  })
})
