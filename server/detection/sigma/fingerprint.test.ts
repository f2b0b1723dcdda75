import { describe, expect, it } from 'vitest'
import type { Fields, LogSource } from '../detection-event.ts'
import { fingerprintOf } from './fingerprint.ts'
import { eventForTest } from './rule-for-test.ts'

const of = (fields: Fields, source: LogSource = 'command') => fingerprintOf('rule', eventForTest(fields, { source }))
const line = (CommandLine: string, Image = '/usr/bin/ssh') => of({ Image, CommandLine })

describe('a fingerprint', () => {
  it('is the same when only numbers and made-up names differ', () => {
    expect(line('ssh -R 9000:localhost:22 u@203.0.113.9')).toBe(line('ssh -R 9001:localhost:2222 u@203.0.113.9'))
    expect(line('rm -rf /tmp/a8f3', '/bin/rm')).toBe(line('rm -rf /tmp/zz', '/bin/rm'))
    expect(line('kill -9 4711', '/bin/kill')).toBe(line('kill -9 12', '/bin/kill'))
    expect(line('tool 0a1b2c3d4e5f60718293', 'tool')).toBe(line('tool ffeeddccbbaa99887766', 'tool'))
  })

  it('differs when the program or the destination does', () => {
    expect(line('ssh -R 1:l:2 u@203.0.113.9')).not.toBe(line('ssh -R 1:l:2 u@198.51.100.7'))
    expect(line('x u@a.example.org')).not.toBe(line('x u@b.example.org'))
    expect(line('x u@203.0.113.9', '/usr/bin/scp')).not.toBe(line('x u@203.0.113.9', '/usr/bin/ssh'))
    expect(line('rm -rf /etc', '/bin/rm')).not.toBe(line('rm -rf /home', '/bin/rm'))
  })

  it('does not take a file for a host', () => {
    expect(line('python3 a.py --fast')).not.toBe(line('python3 b.py --fast'))
    expect(line('cat x.tar.gz')).toContain('cat x.tar.gz')
  })

  it('names the ends of connections, what was registered of names, folders of files', () => {
    const Image = '/usr/bin/x'
    expect(of({ Image, DestinationIp: '203.0.113.9', DestinationPort: 443, SourcePort: 1 }, 'connection')).toBe(
      of({ Image, DestinationIp: '203.0.113.9', DestinationPort: 443, SourcePort: 2 }, 'connection'),
    )
    expect(of({ QueryName: 'aGVsbG8.t.example.com' }, 'dns')).toBe(of({ QueryName: 'd29ybGQ.t.example.com.' }, 'dns'))
    expect(of({ QueryName: 'a.example.co.uk' }, 'dns')).not.toBe(of({ QueryName: 'a.other.co.uk' }, 'dns'))
    expect(of({ TargetFilename: '/tmp/abc', Operation: 'write' }, 'file')).toBe(
      of({ TargetFilename: '/tmp/xyz', Operation: 'write' }, 'file'),
    )
    expect(of({ TargetFilename: '/etc/passwd' }, 'file')).not.toBe(of({ TargetFilename: '/etc/shadow' }, 'file'))
  })
})
