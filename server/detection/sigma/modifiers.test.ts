import { describe, expect, it } from 'vitest'
import { selects } from './rule-for-test.ts'

const line = (CommandLine: string) => ({ CommandLine })

describe('a value without modifiers', () => {
  it('is the whole value, in any case', () => {
    expect(selects('Image: /usr/bin/SSH', { Image: '/usr/bin/ssh' })).toBe(true)
    expect(selects('Image: /usr/bin/ssh', { Image: '/usr/bin/ssh2' })).toBe(false)
  })

  it('is one of several when it is a list', () => {
    expect(selects('Image: [/bin/a, /bin/b]', { Image: '/bin/b' })).toBe(true)
    expect(selects('Image: [/bin/a, /bin/b]', { Image: '/bin/c' })).toBe(false)
  })

  it('matches a list in the event by one of its values', () => {
    expect(selects('Args: -R', { Args: ['-f', '-R'] })).toBe(true)
    expect(selects('Args: -R', { Args: ['-f', '-RL'] })).toBe(false)
    expect(selects('Args: "-f -R"', { Args: ['-f', '-R'] })).toBe(false)
  })

  it('compares numbers and truth values as they are written', () => {
    expect(selects('DestinationPort: 22', { DestinationPort: 22 }, 'connection')).toBe(true)
    expect(selects("DestinationPort: '22'", { DestinationPort: 22 }, 'connection')).toBe(true)
    expect(selects('DestinationPort: 2', { DestinationPort: 22 }, 'connection')).toBe(false)
    expect(selects('DestinationPort: [21, 22]', { DestinationPort: '22' }, 'connection')).toBe(true)
    expect(selects("Initiated: 'true'", { Initiated: true }, 'connection')).toBe(true)
    expect(selects('Initiated: true', { Initiated: false }, 'connection')).toBe(false)
  })

  it('matches absent, null and empty list as null, and the empty text as the empty text', () => {
    expect(selects('User: null', {})).toBe(true)
    expect(selects('User: null', { User: null })).toBe(true)
    expect(selects('User:', { User: '' })).toBe(false)
    expect(selects('WritesTo: null', { WritesTo: [] })).toBe(true)
    expect(selects("User: ''", { User: '' })).toBe(true)
    expect(selects("User: ''", {})).toBe(false)
    expect(selects('User: [null, root]', { User: 'root' })).toBe(true)
    expect(selects('User: [null, root]', {})).toBe(true)
    expect(selects('User: [null, root]', { User: 'other' })).toBe(false)
  })

  it('does not read what every object has by birth', () => {
    expect(selects('constructor|exists: true', {})).toBe(false)
    expect(selects('toString|contains: native', {})).toBe(false)
    expect(selects('__proto__: null', {})).toBe(true)
  })
})

describe('contains, startswith, endswith', () => {
  it.each([
    ['contains', 'ssh', 'run ssh now', true],
    ['contains', 'SSH', 'run sSh now', true],
    ['contains', 'ssh', 's-s-h', false],
    ['startswith', 'ssh ', 'ssh -R', true],
    ['startswith', 'ssh', 'run ssh', false],
    ['endswith', '/ssh', '/usr/bin/ssh', true],
    ['endswith', '/ssh', '/usr/bin/ssh -R', false],
    ['endswith', 'ab', 'b', false],
  ])('%s "%s" of "%s" is %s', (modifier, value, text, expected) => {
    expect(selects(`CommandLine|${modifier}: '${value}'`, line(text))).toBe(expected)
  })

  it('keep wildcards inside the value', () => {
    expect(selects("CommandLine|contains: 'curl*| sh'", line('x; curl http://a | sh -s'))).toBe(true)
    expect(selects("CommandLine|endswith: 'a?c'", line('xxabc'))).toBe(true)
    expect(selects("CommandLine|startswith: 'a\\*'", line('a*b'))).toBe(true)
    expect(selects("CommandLine|startswith: 'a\\*'", line('axb'))).toBe(false)
  })

  it('match an empty value wherever the field has one', () => {
    expect(selects("CommandLine|contains: ''", line('x'))).toBe(true)
    expect(selects("CommandLine|contains: ''", {})).toBe(false)
  })

  it('do not let letters with unusual small forms slip by', () => {
    expect(selects("CommandLine|contains: 'ΟΔΟΣ'", line('η οδός οδοσα ΟΔΟΣΑ'))).toBe(true)
    // KELVIN SIGN and LONG S are other ways to write k and s.
    expect(selects("CommandLine|contains: 'kill'", line('\u212aILL -9'))).toBe(true)
    expect(selects("CommandLine|contains: 'ssh'", line('\u017f\u017fh'))).toBe(true)
  })
})

describe('all', () => {
  it('asks for every value', () => {
    const selection = "CommandLine|contains|all: ['-f', '-N', '-R']"
    expect(selects(selection, line('ssh -f -N -R x'))).toBe(true)
    expect(selects(selection, line('ssh -f -R x'))).toBe(false)
  })

  it('finds each value in any of the values of a list', () => {
    expect(selects('Args|all: [-f, -R]', { Args: ['-R', 'x', '-f'] })).toBe(true)
    expect(selects('Args|all: [-f, -R]', { Args: ['-R'] })).toBe(false)
  })

  it('asks for one form of each value where a value has several', () => {
    const selection = "CommandLine|base64offset|contains|all: ['http://', 'evil']"
    expect(selects(selection, line(btoa('xhttp:// and evil')))).toBe(true)
    expect(selects(selection, line(btoa('xhttp:// and good')))).toBe(false)
  })
})

describe('cased', () => {
  it('heeds case', () => {
    expect(selects('CommandLine|contains|cased: " -R "', line('ssh -R 9000'))).toBe(true)
    expect(selects('CommandLine|contains|cased: " -R "', line('ssh -r 9000'))).toBe(false)
    expect(selects('Args|cased: -R', { Args: ['-r', '-R'] })).toBe(true)
  })
})

describe('exists', () => {
  it('looks for the field, not for its value', () => {
    expect(selects('User|exists: true', { User: '' })).toBe(true)
    expect(selects('User|exists: true', { User: null })).toBe(true)
    expect(selects('User|exists: true', {})).toBe(false)
    expect(selects('User|exists: false', {})).toBe(true)
    expect(selects('User|exists: false', { User: 'x' })).toBe(false)
  })

  it('takes an empty list for nothing', () => {
    expect(selects('WritesTo|exists: true', { WritesTo: [] })).toBe(false)
    expect(selects('WritesTo|exists: true', { WritesTo: ['/x'] })).toBe(true)
  })
})

describe('neq', () => {
  it('is different from every value, and also when the field is absent', () => {
    expect(selects('User|neq: root', { User: 'me' })).toBe(true)
    expect(selects('User|neq: root', { User: 'ROOT' })).toBe(false)
    expect(selects('User|neq: [root, me]', { User: 'me' })).toBe(false)
    expect(selects('User|neq: root', {})).toBe(true)
    expect(selects('DestinationPort|neq: 443', { DestinationPort: 443 }, 'connection')).toBe(false)
  })

  it('goes with other modifiers', () => {
    expect(selects('Image|endswith|neq: /ssh', { Image: '/usr/bin/ssh' })).toBe(false)
    expect(selects('Image|endswith|neq: /ssh', { Image: '/usr/bin/scp' })).toBe(true)
    expect(selects('CommandLine|contains|all|neq: [a, b]', line('a'))).toBe(true)
    expect(selects('CommandLine|contains|all|neq: [a, b]', line('ab'))).toBe(false)
  })
})

describe('re', () => {
  it('finds the pattern anywhere and heeds case', () => {
    expect(selects("CommandLine|re: '-[a-zA-Z]*R\\s'", line('ssh -fNR 9000'))).toBe(true)
    expect(selects("CommandLine|re: '^ssh'", line('run ssh'))).toBe(false)
    expect(selects("CommandLine|re: 'SSH'", line('ssh'))).toBe(false)
  })

  it('takes no wildcards of Sigma and no backslashes of Sigma', () => {
    expect(selects("CommandLine|re: 'a\\*b'", line('a*b'))).toBe(true)
    expect(selects("CommandLine|re: 'a\\*b'", line('axb'))).toBe(false)
  })

  it('ignores case with i', () => {
    expect(selects("CommandLine|re|i: 'SSH\\s'", line('ssh x'))).toBe(true)
    expect(selects("CommandLine|re|i: 'ssh'", line('\u017f\u017fh'))).toBe(true)
  })

  it('matches at every line with m, and lets a dot be a line break with s', () => {
    expect(selects("CommandLine|re|m: '^b$'", line('a\nb\nc'))).toBe(true)
    expect(selects("CommandLine|re: '^b$'", line('a\nb\nc'))).toBe(false)
    expect(selects("CommandLine|re|s: 'a.b'", line('a\nb'))).toBe(true)
    expect(selects("CommandLine|re: 'a.b'", line('a\nb'))).toBe(false)
    expect(selects("CommandLine|re|i|m|s: '^B.C'", line('a\nb\nc'))).toBe(true)
  })

  it('lets $ stand before a last line break, as PCRE does', () => {
    expect(selects("CommandLine|re: 'foo$'", line('foo\n'))).toBe(true)
  })

  it('asks for all patterns with all, none with neq', () => {
    expect(selects("CommandLine|re|all: ['a+', 'b+']", line('aabb'))).toBe(true)
    expect(selects("CommandLine|re|all: ['a+', 'b+']", line('aa'))).toBe(false)
    expect(selects("CommandLine|re|neq: 'a+'", line('bb'))).toBe(true)
  })
})

describe('cidr', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '10.1', false],
    ['10.0.0.0/8', '10.0.0.1.evil.example', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7/32', '192.0.2.8', false],
    ['203.0.112.0/23', '203.0.113.255', true],
    ['2001:db8::/32', '2001:DB8:0:0::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['::1/128', '::2', false],
    ['::/0', '10.0.0.1', false],
  ])('%s holds %s: %s', (block, address, expected) => {
    expect(selects(`DestinationIp|cidr: '${block}'`, { DestinationIp: address }, 'connection')).toBe(expected)
  })

  it('takes lists on both sides', () => {
    expect(
      selects('Answers|cidr: [10.0.0.0/8, 192.168.0.0/16]', { Answers: ['203.0.113.1', '192.168.4.4'] }, 'dns'),
    ).toBe(true)
  })
})

describe('lt, lte, gt, gte', () => {
  it.each([
    ['lt', 10, 9, true],
    ['lt', 10, 10, false],
    ['lte', 10, 10, true],
    ['gt', 10, 10, false],
    ['gt', 10, 10.5, true],
    ['gte', 10, 10, true],
    ['gt', -1, 0, true],
  ])('%s %s of %s is %s', (modifier, limit, value, expected) => {
    expect(selects(`BytesOut|${modifier}: ${limit}`, { BytesOut: value }, 'connection')).toBe(expected)
    expect(selects(`BytesOut|${modifier}: ${limit}`, { BytesOut: String(value) }, 'connection')).toBe(expected)
  })

  it('compare nothing with what is no number', () => {
    for (const value of ['', ' ', 'many', '0x10', 'Infinity', 'NaN', '1_000'])
      expect(selects('BytesOut|gte: 0', { BytesOut: value }, 'connection')).toBe(false)
    expect(selects('BytesOut|lt: 10', {}, 'connection')).toBe(false)
  })
})

describe('base64 and base64offset', () => {
  it('base64 is the encoded text', () => {
    expect(selects("CommandLine|base64: 'hello'", line('aGVsbG8='))).toBe(true)
    expect(selects("CommandLine|base64|contains: 'hel'", line('echo aGVsbG8='))).toBe(true)
    expect(selects("CommandLine|base64: 'hello'", line('AGVSBG8='))).toBe(false)
  })

  it.each(['', 'a', 'ab', 'abc', 'abcd'])('base64offset finds the text behind "%s" and before anything', (before) => {
    for (const after of ['', 'x', 'xy', 'xyz'])
      expect(selects("CommandLine|base64offset|contains: '/bin/bash'", line(btoa(`${before}/bin/bash${after}`)))).toBe(
        true,
      )
  })

  it('encodes other letters as UTF-8', () => {
    expect(selects("CommandLine|base64: 'é'", line('w6k='))).toBe(true)
  })

  it('takes escaped wildcards as they are', () => {
    expect(selects("CommandLine|base64: 'a\\*b'", line(btoa('a*b')))).toBe(true)
  })
})

describe('wide, utf16le, utf16be, utf16', () => {
  const bytes = (...all: number[]) => String.fromCharCode(...all)

  it('spread the text over two bytes a letter', () => {
    expect(selects("CommandLine|wide|contains: 'cmd'", line(`x${bytes(0x63, 0, 0x6d, 0, 0x64, 0)}`))).toBe(true)
    expect(selects("CommandLine|utf16le: 'c'", line(bytes(0x63, 0)))).toBe(true)
    expect(selects("CommandLine|utf16be: 'cm'", line(bytes(0, 0x63, 0, 0x6d)))).toBe(true)
    expect(selects("CommandLine|utf16: 'c'", line(bytes(0xff, 0xfe, 0x63, 0)))).toBe(true)
  })

  it('come before base64', () => {
    expect(
      selects("CommandLine|wide|base64offset|contains: 'ping'", line(btoa(bytes(0x70, 0, 0x69, 0, 0x6e, 0, 0x67, 0)))),
    ).toBe(true)
    expect(selects("CommandLine|utf16le|base64: 'ÿ'", line(btoa(bytes(0xff, 0))))).toBe(true)
  })
})

describe('windash', () => {
  it('takes each dash that opens an option for any other', () => {
    for (const dash of ['-', '/', '–', '—', '―'])
      expect(selects("CommandLine|windash|contains: ' -param'", line(`tool ${dash}param x`))).toBe(true)
    expect(selects("CommandLine|windash|contains: ' -param'", line('tool +param x'))).toBe(false)
  })

  it('leaves dashes within words alone', () => {
    expect(selects("CommandLine|windash|contains: 'a-b -c'", line('a-b /c'))).toBe(true)
    expect(selects("CommandLine|windash|contains: 'a-b -c'", line('a/b -c'))).toBe(false)
  })
})

describe('fieldref', () => {
  it('compares with another field of the event', () => {
    expect(selects('ExpectedUser|fieldref: ActualUser', { ExpectedUser: 'A', ActualUser: 'a' }, 'gpu')).toBe(true)
    expect(selects('ExpectedUser|fieldref: ActualUser', { ExpectedUser: 'a', ActualUser: 'b' }, 'gpu')).toBe(false)
    expect(selects('ExpectedUser|fieldref|neq: ActualUser', { ExpectedUser: 'a', ActualUser: 'b' }, 'gpu')).toBe(true)
    expect(selects('ExpectedUser|fieldref: ActualUser', {}, 'gpu')).toBe(false)
    expect(selects('CommandLine|fieldref|contains: User', { CommandLine: 'su root', User: 'root' })).toBe(true)
    expect(selects('WritesTo|fieldref: ReadsFrom', { WritesTo: ['/a', '/b'], ReadsFrom: ['/b'] })).toBe(true)
  })
})

describe('keywords', () => {
  it('are looked for in every field, in any case', () => {
    expect(selects('- StratUM+tcp\n- other', { CommandLine: 'x stratum+tcp://y' })).toBe(true)
    expect(selects('- needle', { Args: ['hay', 'a NEEDLE'] })).toBe(true)
    expect(selects('- needle', { CommandLine: 'hay' })).toBe(false)
    expect(selects('- 31337', { ProcessId: 31337 }, 'process')).toBe(true)
  })

  it('take wildcards, all and patterns', () => {
    expect(selects("- 'a*z'", { CommandLine: 'xx a b z xx' })).toBe(true)
    expect(selects("'|all': [one, two]", { CommandLine: 'one', User: 'two' })).toBe(true)
    expect(selects("'|all': [one, two]", { CommandLine: 'one' })).toBe(false)
    expect(selects("'|re': 'o.e'", { CommandLine: 'xonex' })).toBe(true)
  })

  it('stand beside maps in one list', () => {
    expect(selects('- needle\n- User: root', { User: 'root' })).toBe(true)
    expect(selects('- needle\n- User: root', { User: 'needles' })).toBe(true)
    expect(selects('- needle\n- User: root', { User: 'me' })).toBe(false)
  })
})
