// Given flags that people judged, when an exception is proposed, then it says what the noise has in common, and no flag that is true is hidden by it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectionEvent, Fields } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { type AboutSession, compileSettings } from '../settings/rule-settings.ts'
import { type JudgedFlag, proposeException } from './propose-exception.ts'

const judged = (
  command: string,
  about: AboutSession = { run: 'rl-0831', agent: 'rome-30b' },
  host = 'node-7',
): JudgedFlag => ({
  session: 'ep-1',
  host,
  about,
  matched: [{ field: 'CommandLine', value: command }],
})
const proposalOf = (...given: Parameters<typeof proposeException>) => {
  const found = proposeException(...given)
  return 'proposal' in found ? found.proposal : found.none
}

describe('a proposed exception', () => {
  it('says all that the noise has in common, the shape of the command too', () => {
    const noise = [judged('pip install numpy'), judged('PIP install scipy')]
    expect(proposalOf(noise, [], true)).toEqual({
      when: [
        { field: 'run', how: 'equals', value: 'rl-0831' },
        { field: 'agent', how: 'equals', value: 'rome-30b' },
        { field: 'host', how: 'equals', value: 'node-7' },
        { field: 'CommandLine', how: 'startswith', value: 'pip install ' },
      ],
      hides: 2,
      ofNoise: 2,
      keeps: 0,
      isImitable: false,
    })
  })

  it('takes the larger part of the noise where all of it has nothing in common that spares what is true', () => {
    const of = (run: string) => ({ run })
    const noise = [
      judged('curl a', of('a')),
      judged('curl b', of('b')),
      judged('curl c', of('b')),
      judged('x', {}, 'n'),
    ]
    expect(proposalOf(noise, [judged('curl z', of('a'))], true)).toMatchObject({
      when: [
        { field: 'run', value: 'b' },
        { field: 'host', value: 'node-7' },
      ],
      hides: 2,
      ofNoise: 4,
      keeps: 1,
    })
  })

  it('takes where a command leads for its shape, where what stands in front is what the true one does too', () => {
    const noise = [
      judged('ssh -fN -R 9001:a:22 build@203.0.113.9', {}),
      judged('ssh -fN -R 9002:a:22 build@203.0.113.9', {}),
    ]
    const real = [judged('ssh -fN -R 2222:a:22 ops@203.0.113.40', {})]
    expect(proposalOf(noise, real, true)).toMatchObject({
      when: [
        { field: 'host' },
        { field: 'CommandLine', how: 'startswith', value: 'ssh -fN -R ' },
        { field: 'CommandLine', how: 'endswith', value: ' build@203.0.113.9' },
      ],
      hides: 2,
    })
  })

  it('is none where a true flag has all of that too, or where it is not known whether it has', () => {
    const noise = [judged('pip install numpy'), judged('pip install scipy')]
    expect(proposalOf(noise, [judged('pip install evil')], true)).toBe('would-hide-true')
    expect(proposalOf(noise, [judged(`pip ${'x'.repeat(100)}…`)], true)).toBe('would-hide-true')
    expect(proposalOf(noise, [judged('rm -rf /', {})], true)).not.toBe('would-hide-true')
    expect(proposalOf(noise, [{ session: undefined, host: undefined, about: {}, matched: [] }], true)).toBe(
      'would-hide-true',
    )
  })

  it('is none of one flag, of nothing in common, or of a host alone', () => {
    expect(proposalOf([judged('a b')], [], true)).toBe('too-few')
    expect(proposalOf([judged('a', {}), judged('b', {})], [], true)).toBe('nothing-common')
    expect(proposalOf([judged('a', {}, 'n1'), judged('b', {}, 'n2')], [], true)).toBe('nothing-common')
  })

  it('says when an agent could imitate all of it, and takes no field of what is no single event', () => {
    const noise = [judged('pip install a', {}, 'n1'), judged('pip install b', {}, 'n2')]
    expect(proposalOf(noise, [], true)).toMatchObject({ isImitable: true, when: [{ field: 'CommandLine' }] })
    expect(proposalOf(noise, [], false)).toBe('nothing-common')
  })

  it('never hides a flag that was judged true, whatever the log keeps of it', () => {
    const word = fc.constantFrom('pip', 'PIP', 'install', 'numpy', 'curl', 'ſsh', 'ssh', 'build@203.0.113.9', '…')
    const some = fc.option(fc.constantFrom('a', 'A', 'b'), { nil: undefined })
    const drawn = fc.record({
      command: fc.option(
        fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')),
        { nil: undefined },
      ),
      address: fc.option(fc.constantFrom('10.0.0.1', '203.0.113.40'), { nil: undefined }),
      about: fc.record({ run: some, agent: some, taskSet: some }),
      host: fc.constantFrom('n1', 'n2'),
      /** What is left of it: memory may have let go of the session, and the flag need not name every field, or names it cut. */
      forgets: fc.record({
        about: fc.boolean(),
        host: fc.boolean(),
        command: fc.constantFrom('no', 'cut', 'gone'),
        address: fc.boolean(),
      }),
    })
    type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never
    const kept = ({ command, address, about, host, forgets }: Drawn): JudgedFlag => ({
      session: 'ep-1',
      host: forgets.host ? undefined : host,
      about: forgets.about ? {} : about,
      matched: [
        ...(command === undefined || forgets.command === 'gone'
          ? []
          : [{ field: 'CommandLine', value: forgets.command === 'cut' ? `${command.slice(0, 3)}…` : command }]),
        ...(address === undefined || forgets.address ? [] : [{ field: 'DestinationIp', value: address }]),
      ],
    })
    let proposals = 0
    fc.assert(
      fc.property(fc.array(drawn, { minLength: 2, maxLength: 6 }), fc.array(drawn, { maxLength: 3 }), (noise, real) => {
        const found = proposeException(noise.map(kept), real.map(kept), true)
        if (!('proposal' in found)) return
        proposals += 1
        const { when } = found.proposal
        // then: the exception as detection really asks it, of the flags as they really were
        const settings = compileSettings([], [{ rule: 'r', when, why: 'noise', by: 'Ada', expiresAtMs: 100 }])
        for (const { command, address, about, host } of real) {
          const flag = {
            rule: 'r',
            severity: 'medium',
            ruleSeverity: 'medium',
            session: 'ep-1',
            host,
            context: [],
          } as unknown as Flag
          const fields: Fields = { CommandLine: command, DestinationIp: address }
          const event: DetectionEvent = {
            source: 'command',
            atMs: 1,
            session: 'ep-1',
            host,
            call: undefined,
            fields,
            notFully: undefined,
          }
          expect(settings.apply(flag, event, about, 1)).toBe(flag)
        }
      }),
      { numRuns: 400 },
    )
    // It would be easy to keep by never proposing anything.
    expect(proposals).toBeGreaterThan(20)
  })
})
