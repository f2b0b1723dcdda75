// What a call's text tells of the network, and what it must not be taken to tell.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hintsOf, namedBy } from './hints.ts'

const named = (command: string, address: string, port?: number, names: string[] = []) =>
  namedBy(hintsOf(command), { address, port, names })

describe('places in a command', () => {
  it.each([
    ['curl -s http://192.0.2.7:8080/x', '192.0.2.7', 8_080, 'address', 'named'],
    ['curl -s https://192.0.2.7/x', '192.0.2.7', 443, 'address', 'named'],
    ['ssh -f -N -R 2222:127.0.0.1:22 ops@203.0.113.66', '203.0.113.66', 22, 'address', 'usual'],
    ['bash -c "echo PING > /dev/tcp/192.0.2.22/6379"', '192.0.2.22', 6_379, 'address', 'named'],
    ['nmap -Pn -p 22,80,443 192.0.2.16/28', '192.0.2.20', 443, 'range', 'named'],
    ['curl http://[2001:db8::7]:81/', '2001:db8::7', 81, 'address', 'named'],
    ['curl http://192.0.2.7/', '198.51.100.1', 443, 'other', 'usual'],
    ['pytest -q', '198.51.100.1', 443, 'none', 'none'],
  ] as const)('%s', (command, address, port, place, portNamed) => {
    expect(named(command, address, port)).toEqual({ place, port: portNamed })
  })

  it('knows a host by any name that was really looked up', () => {
    const command = 'python3 w -o pool.example:3333 -u x'
    expect(named(command, '198.51.100.33', 3_333, ['pool.example'])).toEqual({ place: 'name', port: 'named' })
    expect(named(command, '198.51.100.33', 3_333, ['other.example']).place).toBe('none')
  })

  it.each([
    'nohup ./x &',
    'sleep 5 & echo',
    'ssh -fN host',
    'ssh -o A=b -f host',
    'setsid x',
    'docker run --rm -d img',
  ])('sees that it may leave something running: %s', (command) => expect(hintsOf(command).leavesRunning).toBe(true))

  it.each(['a && b', 'curl x 2>&1 | tee y', 'ssh -N host', 'grep -f x y'])('and that it does not: %s', (command) =>
    expect(hintsOf(command).leavesRunning).toBe(false),
  )

  it('reads any text in bounded time and never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5_000 }), (text) => void hintsOf(text)),
      { numRuns: 200 },
    )
    const hostile = `${'ssh '.repeat(20_000)}${'-f'.repeat(20_000)}${'1.'.repeat(50_000)}`
    expect(hintsOf(hostile).programs.size).toBeLessThan(10)
  })
})
