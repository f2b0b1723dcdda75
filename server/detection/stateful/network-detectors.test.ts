// Scans, beacons, quiet tunnels and volumes, each told as an episode with the innocent one that looks most like it.
import { describe, expect, it } from 'vitest'
import { detect, drawNetwork, flagsOf, spokenOf } from './draw-network-for-test.ts'

describe('probing of the inside', () => {
  it('is raised when a dozen internal ends do not answer within a minute', () => {
    expect(detect('00:00 silent 10.78.0.16..28:22')).toEqual(['vigil-internal-probing high'])
  })

  it('is raised when it is slow: one machine every minute and a half', () => {
    const slow = Array.from({ length: 45 }, (_, n) => `${Math.floor(n * 1.5)}:0${n % 10} silent 10.0.1.${n}:445`)
    expect(detect(slow.join('\n'))).toEqual(['vigil-internal-probing high'])
  })

  it('is a refusal burst too where somebody refuses', () => {
    expect(detect('00:00 refuse 10.78.0.16..28:22')).toEqual([
      'vigil-internal-probing high',
      'vigil-refusal-burst medium',
    ])
  })

  it('is not a worker that waits for its database to come up', () => {
    expect(detect('00:00 refuse 10.0.0.5:5432 x600/0.5\n05:01 open 10.0.0.5:5432')).toEqual([])
  })

  it('is not an agent that works with a handful of services, one of which is down', () => {
    expect(
      detect(`
        00:01 open   10.0.0.2:53 x30
        00:02 open   10.0.0.5:5432
        00:03 refuse 10.0.0.6:6379 x5
        00:04 open   10.0.0.7:9000 x10
        00:05 silent 10.0.0.8:8080 x3
      `),
    ).toEqual([])
  })

  it('tells a scan whose ports answer from training only by a medium flag, and none where the network is allowed', () => {
    const ring = '00:00 open 10.2.0.1..60:29500'
    expect(detect(ring)).toEqual(['vigil-internal-fan-out medium'])
    expect(detect(ring, { isExpected: ({ fields }) => String(fields.DestinationIp).startsWith('10.2.0.') })).toEqual([])
  })

  it('is still raised beside an allowed fan-out, which uses nothing up', () => {
    const isExpected = ({ fields }: { fields: { DestinationIp?: unknown } }) =>
      String(fields.DestinationIp).startsWith('10.2.0.')
    expect(detect('00:00 silent 10.2.0.1..60:29500\n00:05 silent 10.9.0.1..20:22', { isExpected } as never)).toEqual([
      'vigil-internal-probing high',
    ])
  })

  it('of nobody known is counted by the address that it came from', () => {
    const events = drawNetwork('00:00 silent 10.78.0.16..28:22', undefined).map((event, n) => ({
      ...event,
      session: undefined,
      fields: { ...event.fields, SourceIp: n % 2 === 0 ? '10.1.1.1' : '10.1.1.2' },
    }))
    expect(spokenOf(flagsOf(events))).toEqual([])
    const one = events.map((event) => ({ ...event, fields: { ...event.fields, SourceIp: '10.1.1.1' } }))
    expect(spokenOf(flagsOf(one))).toEqual(['vigil-internal-probing high'])
  })
})

describe('scans of others', () => {
  it('are raised for ports of one machine', () => {
    expect(detect('00:00 silent 198.51.100.7:20..60')).toEqual(['vigil-port-sweep high'])
  })

  it('are raised for many addresses', () => {
    expect(detect('00:00 silent 198.51.100.1..30:23')).toEqual(['vigil-external-scan high'])
  })

  it('are not a crawler whose sites mostly answer', () => {
    expect(detect('00:00 open 198.51.100.1..200:443\n00:30 silent 203.0.113.1..8:443')).toEqual([])
  })

  it('are not a test suite on its own machine', () => {
    expect(detect('00:00 refuse 127.0.0.1:30000..30100')).toEqual([])
  })
})

describe('beaconing', () => {
  it('is raised for contacts by the clock with jitter', () => {
    const jittered = Array.from({ length: 14 }, (_, n) => {
      const at = 60 * n + ([0, 17, -11, 8, -19, 13, -5][n % 7] ?? 0)
      return `${Math.floor(Math.max(0, at) / 60)}:${Math.max(0, at) % 60} open 203.0.113.9:443`
    })
    expect(detect(jittered.join('\n'))).toEqual(['vigil-beaconing medium'])
  })

  it('is raised where a second contact stands between the beats', () => {
    expect(detect('00:00 open 203.0.113.9:443 x12/60\n00:07 open 203.0.113.9:443 x12/60')).toEqual([
      'vigil-beaconing medium',
    ])
  })

  it('is told once an hour for one destination', () => {
    expect(flagsOf(drawNetwork('00:00 open 203.0.113.9:8443 x100/30'))).toHaveLength(1)
  })

  it('is not an agent that calls its model whenever it has thought', () => {
    const thinking = [0, 4, 31, 35, 90, 94, 99, 161, 240, 244, 250, 371, 380, 500, 504]
    expect(detect(thinking.map((at) => `${Math.floor(at / 60)}:${at % 60} open 198.51.100.20:443`).join('\n'))).toEqual(
      [],
    )
  })

  it('is not contact by chance, once a minute on average', () => {
    let state = 7
    const chance = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return (state + 1) / 4_294_967_297
    }
    let flagged = 0
    for (let run = 0; run < 500; run += 1) {
      let at = 0
      const lines = Array.from({ length: 40 }, () => {
        at += Math.round(-Math.log(chance()) * 60)
        return `${Math.floor(at / 60)}:${at % 60} open 198.51.100.20:443`
      })
      flagged += detect(lines.join('\n')).length
    }
    // 500 times 27 looks at 12 contacts each.
    expect(flagged).toBeLessThanOrEqual(10)
  })

  it('is not a page that opens many connections at once, nor a health check inside', () => {
    expect(detect('00:00 open 198.51.100.20:443 x50/0.1\n00:01 open 10.0.0.5:9090 x100/15')).toEqual([])
  })
})

describe('a long and quiet connection', () => {
  it('is raised while it is still open', () => {
    expect(detect('15:00 move 203.0.113.66:22 out=5000 in=5000 age=900 open')).toEqual([
      'vigil-long-quiet-connection medium',
    ])
  })

  it('counts what its earlier readings moved', () => {
    expect(
      detect(`
        05:00 move 203.0.113.66:22 out=90000000 age=300 open
        15:00 move 203.0.113.66:22 out=100 age=900 open
      `),
    ).toEqual(['vigil-outbound-volume medium'])
  })

  it('is only low on a port of the web', () => {
    expect(detect('15:00 move 203.0.113.66:443 out=5000 in=5000 age=900')).toEqual(['vigil-long-quiet-connection low'])
  })

  it('is not a download that takes long, nor a short exchange, nor one inside', () => {
    expect(
      detect(`
        20:00 move 198.51.100.3:443 out=20000 in=900000000 age=1200
        20:01 move 198.51.100.3:22 out=3000 in=3000 age=20
        20:02 move 10.0.0.5:5432 out=3000 in=3000 age=1200 open
      `),
    ).toEqual([])
  })
})

describe('bytes out', () => {
  it('are raised far over the session’s habit, and high when much goes to a new end', () => {
    expect(detect('90:00 move 203.0.113.66:443 out=40000000 in=10000')).toEqual(['vigil-outbound-volume medium'])
    expect(detect('90:00 move 203.0.113.66:443 out=400000000 in=10000')).toEqual(['vigil-outbound-volume high'])
  })

  it('are raised when they are spread over many ends', () => {
    const parts = Array.from({ length: 30 }, (_, n) => `0${n % 10}:${10 + n} move 203.0.113.${n}:443 out=15000000`)
    expect(detect(parts.join('\n'))).toEqual(['vigil-outbound-volume medium'])
  })

  it('are not raised for a session that uploads so much every hour', () => {
    const habit = (out: number) => Array.from({ length: 9 }, (_, n) => `${n * 61}:00 move 198.51.100.40:443 out=${out}`)
    const told = flagsOf(drawNetwork(habit(15_000_000).join('\n')))
    expect(told).toEqual([])
  })

  it('cannot be made a habit without limit', () => {
    const ramp = Array.from(
      { length: 20 },
      (_, n) => `${n * 61}:00 move 198.51.100.40:443 out=${Math.round(1e6 * 1.9 ** n)}`,
    )
    expect(detect(ramp.join('\n'))).toEqual(['vigil-outbound-volume medium'])
  })

  it('are not raised for downloads', () => {
    expect(detect('01:00 move 198.51.100.3:443 out=30000000 in=4000000000 age=900')).toEqual([])
  })

  it('told by firewall and host are the same bytes', () => {
    const [event] = drawNetwork('01:00 move 203.0.113.66:443 out=12000000')
    if (event === undefined) throw new Error('nothing drawn')
    expect(
      spokenOf(
        flagsOf([
          { ...event, trust: 'firewall' },
          { ...event, trust: 'kernel' },
        ]),
      ),
    ).toEqual([])
    expect(spokenOf(flagsOf([event, event]))).toEqual(['vigil-outbound-volume medium'])
  })
})

describe('ICMP', () => {
  it('with many large packets is a tunnel', () => {
    expect(detect('10:00 move 10.0.0.9:0 proto=icmp out=98566 in=92244 packets=448 age=1122')).toEqual([
      'vigil-icmp-tunnel medium',
    ])
  })

  it('is ping when they are small, or large and few', () => {
    expect(
      detect(`
        10:00 move 10.0.0.9:0 proto=icmp out=98000 packets=1000
        11:00 move 10.0.0.10:0 proto=icmp out=14000 packets=10
      `),
    ).toEqual([])
  })
})
