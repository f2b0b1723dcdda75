// The gate's policy as an operator writes it: the first rule that fits decides, and what is wrong is told with its line.
import { describe, expect, it } from 'vitest'
import type { DetectionEvent } from '../detection/detection-event.ts'
import type { Flag, Severity } from '../detection/flag.ts'
import { type AskedAction, policyTemplate, readGatePolicy } from './gate-policy.ts'

const flagOf = (severity: Severity, behaviour = 'tunnel', rule = 'r-1') => ({ severity, behaviour, rule }) as Flag
const command = (CommandLine: string, Image = `/usr/bin/${CommandLine.split(' ')[0]}`): DetectionEvent => ({
  source: 'command',
  atMs: 1,
  session: 's',
  host: undefined,
  call: 'c',
  fields: { CommandLine, Image },
  notFully: undefined,
})
const action = (more: Partial<AskedAction> = {}): AskedAction => ({
  tool: 'Bash',
  capability: 'shell',
  flags: [],
  events: [],
  labels: {},
  risk: 0,
  ...more,
})
function policyOf(text: string) {
  const read = readGatePolicy(text, 'policy.yml')
  if ('problems' in read) throw new Error(read.problems.map(({ line, message }) => `${line}: ${message}`).join('; '))
  return read.policy
}
const problemsOf = (text: string) => {
  const read = readGatePolicy(text, 'policy.yml')
  return 'problems' in read ? read.problems : []
}
const outcome = (text: string, more: Partial<AskedAction> = {}) => policyOf(text).decide(action(more)).outcome

describe('the policy that stands before anybody wrote one', () => {
  it('holds what would page, and lets the rest run', () => {
    expect(outcome(policyTemplate, { flags: [flagOf('critical')] })).toBe('ask')
    expect(outcome(policyTemplate, { flags: [flagOf('high')] })).toBe('ask')
    expect(outcome(policyTemplate, { flags: [flagOf('medium')] })).toBe('allow')
    expect(outcome(policyTemplate)).toBe('allow')
  })

  it('holds what could not be read: size and depth are no way around it', () => {
    expect(outcome(policyTemplate, { flags: [flagOf('medium', 'defense-evasion', 'vigil-unread-command')] })).toBe(
      'ask',
    )
    expect(outcome(policyTemplate, { flags: [flagOf('low', 'defense-evasion', 'vigil-unread-command')] })).toBe('allow')
  })

  it('can be read with its examples taken out of their comments', () => {
    const [head = '', rest = ''] = policyTemplate.split('rules:\n')
    const examples = `${head}rules:\n${rest.replaceAll(/^#(?= {2})/gm, '')}`
    expect(problemsOf(examples)).toEqual([])
  })
})

describe('rules of a policy', () => {
  it('decide in their order: the first that fits', () => {
    const text = `rules:
  - { name: ours, when: { tools: Bash, labels: { run: nightly } }, do: allow }
  - { name: no shells, when: { capabilities: shell }, do: deny, reason: no shells here }
`
    expect(outcome(text, { labels: { run: 'nightly' } })).toBe('allow')
    expect(policyOf(text).decide(action())).toMatchObject({
      outcome: 'deny',
      policy: 'no shells',
      reason: 'no shells here',
    })
    expect(outcome(text, { capability: 'files', tool: 'Read' })).toBe('allow')
  })

  it('ask of flags what must hold for one and the same flag', () => {
    const text = 'rules: [{ name: x, when: { severity: high, behaviours: tunnel }, do: ask }]'
    expect(outcome(text, { flags: [flagOf('high', 'mining'), flagOf('low', 'tunnel')] })).toBe('allow')
    expect(outcome(text, { flags: [flagOf('high', 'tunnel')] })).toBe('ask')
  })

  it('ask a Sigma detection of the action’s own commands, one at a time', () => {
    const text = `rules:
  - name: release
    when:
      detection:
        push: { Image|endswith: /git, CommandLine|contains|all: [' push', release] }
        condition: push
    do: ask-two
    within: 30m
`
    expect(outcome(text, { events: [command('git push origin release')] })).toBe('ask-two')
    expect(outcome(text, { events: [command('git push origin main'), command('echo release')] })).toBe('allow')
    expect(policyOf(text).decide(action({ events: [command('git push origin release')] })).withinMs).toBe(1_800_000)
  })

  it('heed the risk of the session, and have a default for each capability', () => {
    const text = 'rules: [{ name: x, when: { risk: 60 }, do: deny }]\notherwise: { network: ask, all: allow }'
    expect(outcome(text, { risk: 59 })).toBe('allow')
    expect(outcome(text, { risk: 60 })).toBe('deny')
    expect(outcome(text, { capability: 'network', tool: 'WebFetch' })).toBe('ask')
  })
})

describe('a policy with a mistake', () => {
  it.each([
    ['rules:\n  - { name: x, when: {}, do: ask }\n', 2, 'say when'],
    ['rules:\n  - { name: x, when: { tools: Bash }, do: maybe }\n', 2, 'ask-two'],
    ['rules:\n  - { name: x, when: { tools: Bash }, do: ask, within: soon }\n', 2, '10m'],
    [
      'rules:\n  - name: x\n    when:\n      detection:\n        a: { Image|wherever: x }\n        condition: a\n    do: ask\n',
      4,
      'wherever',
    ],
    ['rules:\n  - { name: x, wen: { tools: Bash }, do: ask }\n', 2, 'wen'],
    ['rules: [\n', 2, 'YAML'],
  ])('%j is told at line %i', (text, line, words) => {
    const problems = problemsOf(text)
    expect(problems.map((each) => each.message).join()).toContain(words)
    expect(Math.abs((problems[0]?.line ?? 0) - line)).toBeLessThanOrEqual(1)
  })
})
