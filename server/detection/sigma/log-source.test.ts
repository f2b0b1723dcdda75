import { describe, expect, it } from 'vitest'
import { mapLogSource } from './log-source.ts'
import { readRuleFile } from './read-rule-file.ts'
import { eventForTest, flagsOf, ruleTextForTest } from './rule-for-test.ts'

describe('a log source', () => {
  it.each([
    [{ product: 'vigil', category: 'command' }, ['command']],
    [{ product: 'vigil', category: 'traffic' }, ['traffic']],
    [{ product: 'linux', category: 'process_creation' }, ['command', 'process']],
    [{ category: 'process_creation' }, ['command', 'process']],
    [{ product: 'linux', category: 'network_connection' }, ['connection']],
    [{ product: 'linux', category: 'file_event' }, ['file']],
    [{ product: 'linux', category: 'dns_query' }, ['dns']],
    [{ category: 'dns' }, ['dns']],
  ])('%j is answered by %j', (source, expected) => {
    expect(mapLogSource(source)).toMatchObject({ sources: expected })
  })

  it.each([
    [{ product: 'windows', category: 'process_creation' }, /about windows/],
    [{ product: 'macos', category: 'process_creation' }, /about macos/],
    [{ category: 'proxy' }, /web proxies/],
    [{ category: 'webserver' }, /web servers/],
    [{ category: 'firewall' }, /firewalls/],
    [{ product: 'linux', service: 'auditd' }, /log of auditd/],
    [{ product: 'linux', service: 'sshd' }, /log of sshd/],
    [{ product: 'linux' }, /names no category/],
    [{ product: 'linux', category: 'registry_set' }, /the category registry_set/],
    [{ product: 'vigil', category: 'process_creation' }, /named by `category`, one of action, command/],
    [{ category: 'constructor' }, /the category constructor/],
  ])('%j is told not to be for us', (source, message) => {
    expect(mapLogSource(source)).toMatchObject({ unsupported: expect.stringMatching(message) })
    const written = Object.entries(source)
      .map(([key, value]) => `${key}: ${value}`)
      .join(', ')
    const read = readRuleFile(ruleTextForTest('a: {Image: x}\ncondition: a', written), 'rule.yml')
    expect(read).toMatchObject({ rules: [], problems: [], unsupported: [{ line: 4, rule: 'Rule' }] })
  })

  it('narrows what SigmaHQ has a category for to what is done to the file', () => {
    const rule = ruleTextForTest(
      'a: {TargetFilename|startswith: /etc/}\ncondition: a',
      'product: linux, category: file_delete',
    )
    const event = (Operation?: string) => eventForTest({ TargetFilename: '/etc/x', Operation }, { source: 'file' })
    expect(flagsOf(rule, event('delete'))).toHaveLength(1)
    expect(flagsOf(rule, event('write'))).toHaveLength(0)
    expect(flagsOf(rule, event())).toHaveLength(1)
  })

  it('reads the names that SigmaHQ gives to fields of ours', () => {
    const rule = ruleTextForTest('a: {query|endswith: .example, record_type: TXT}\ncondition: a', 'category: dns')
    expect(readRuleFile(rule, 'x').notes).toEqual([])
    expect(flagsOf(rule, eventForTest({ QueryName: 'a.example', QueryType: 'TXT' }, { source: 'dns' }))).toHaveLength(1)
  })

  it('of commands is answered by processes too, where a rule asks for nothing that a process does not show', () => {
    const ofCommands = 'product: vigil, category: command'
    const both = ruleTextForTest("a: {Image|endswith: /ssh, CommandLine|contains: ' -R '}\ncondition: a", ofCommands)
    const process = eventForTest(
      { Image: '/usr/bin/ssh', CommandLine: 'ssh -fN -R 1:localhost:2 ops@203.0.113.4' },
      { source: 'process' },
    )
    expect(flagsOf(both, process), 'a script started it').toHaveLength(1)
    const background = ruleTextForTest('a: {Image|endswith: /ssh, Background: true}\ncondition: a', ofCommands)
    expect(readRuleFile(background, 'x').rules[0]?.sources).toEqual(['command'])
  })
})
