// Silence of those who should be heard, while the session lives.
import { describe, expect, it } from 'vitest'
import { detect, drawNetwork, flagsOf } from './draw-network-for-test.ts'
import { createStatefulDetectors } from './stateful-detectors.ts'

const later = '02:00 gap 0'
const seen = '00:01 exec ls x10'

describe('a probe that is gone', () => {
  it('while its session lives is raised after a minute', () => {
    expect(detect(`00:00 session started\n00:01 probe lost\n${later}`)).toEqual(['vigil-probe-lost medium'])
  })

  it('in the middle of a tool call is high', () => {
    const flags = flagsOf(drawNetwork(`00:00 session started\n00:01 action c1 bash pkill\n00:02 probe lost\n${later}`))
    expect(flags).toMatchObject([{ rule: 'vigil-probe-lost', severity: 'high', ruleSeverity: 'medium' }])
    expect(flags[0]?.context).toEqual(['raised: the session was at work when its host fell silent'])
  })

  it('is raised by time alone, when nothing else is heard', () => {
    const detectors = createStatefulDetectors()
    const events = drawNetwork('00:00 session started\n00:01 probe lost')
    for (const event of events) expect(detectors.observe(event)).toEqual([])
    const lostMs = events[1]?.atMs ?? 0
    expect(detectors.elapse(lostMs + 30_000)).toEqual([])
    expect(detectors.elapse(lostMs + 61_000)).toHaveLength(1)
    expect(detectors.elapse(lostMs + 120_000)).toEqual([])
  })

  it('is not one that comes back, nor one without live sessions', () => {
    expect(detect(`00:00 session started\n00:01 probe lost\n00:20 probe connected\n${later}`)).toEqual([])
    expect(detect(`00:00 session started\n00:01 session ended\n00:02 probe lost\n${later}`)).toEqual([])
  })

  it('with many others at once is the network, not the session', () => {
    const lost = ['h1', 'h2', 'h3', 'h4'].flatMap((host) =>
      drawNetwork('00:00 session started\n00:01 action c1 bash x\n00:02 probe lost', `ep-${host}`).map((event) => ({
        ...event,
        host,
      })),
    )
    const events = [...lost.sort((a, b) => a.atMs - b.atMs), ...drawNetwork(later)]
    expect(flagsOf(events).map(({ severity }) => severity)).toEqual(['medium', 'medium', 'medium', 'medium'])
  })
})

describe('a host that no longer sees a session', () => {
  it('is raised when commands go on and nothing of them is seen', () => {
    expect(detect(`${seen}\n01:00 action c1 bash make x8/15`)).toEqual(['vigil-host-view-silent medium'])
  })

  it('is not one that sees them, one that never saw any, or an agent that only reads and writes', () => {
    expect(detect(`${seen}\n01:00 action c1 bash make x8/15\n01:01 exec make x8/15`)).toEqual([])
    expect(detect('01:00 action c1 bash make x8/15')).toEqual([])
    expect(detect(`${seen}\n01:00 action c1 Read file x20/15`)).toEqual([])
  })

  it('is not given back its sight by what the agent says of itself', () => {
    const events = drawNetwork(`${seen}\n01:00 action c1 bash make x8/15`)
    const claimed = drawNetwork('01:01 exec make x8/15').map((event) => ({ ...event, trust: 'agent' as const }))
    const told = flagsOf([...events, ...claimed].sort((a, b) => a.atMs - b.atMs))
    expect(told.map(({ rule }) => rule)).toEqual(['vigil-host-view-silent'])
  })
})

describe('an agent that falls silent', () => {
  const calls = '00:00 action c1 bash ls x3/5\n00:20 agent call-ended c1'

  it('is raised when processes go on to start long after its last call', () => {
    expect(detect(`${calls}\n15:00 exec worker x25`)).toEqual(['vigil-agent-silent medium'])
  })

  it('is not a call that runs long, nor an agent that thinks meanwhile, nor a shell that ends late', () => {
    expect(detect('00:00 action c1 bash train x3/5\n15:00 exec worker x25')).toEqual([])
    expect(detect(`${calls}\n14:00 agent heard\n15:00 exec worker x25`)).toEqual([])
    expect(detect(`${calls}\n02:00 exec worker x25`)).toEqual([])
  })
})

describe('a gap in the log', () => {
  it('is low, and medium when it is large', () => {
    expect(detect('00:00 gap 12')).toEqual(['vigil-log-gap low'])
    expect(detect('00:00 gap 50000')).toEqual(['vigil-log-gap medium'])
  })
})
