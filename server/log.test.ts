// given a server that is asked for JSON, when it says something or fails, then each is one line that a machine can read.
import { expect, it } from 'vitest'
import { parseConfig } from './config.ts'
import { openLog } from './log.ts'

it('writes one JSON object a line, with the error as a value and no line that a message could forge', () => {
  const lines: string[] = []
  const log = openLog(true, (line) => lines.push(line))
  log.say('vigil: applying 20261121000000_init')
  log.failed('append', new Error('refused\n{"level":30,"msg":"all is well"}'))
  const read = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
  expect(read).toMatchObject([
    { level: 30, name: 'vigil', msg: 'applying 20261121000000_init' },
    {
      level: 50,
      context: 'append',
      msg: 'append',
      err: { type: 'Error', message: expect.stringContaining('refused') },
    },
  ])
})

it('takes text or json, and refuses anything else', () => {
  expect(parseConfig({}).logAsJson).toBe(false)
  expect(parseConfig({ VIGIL_LOG: 'json' }).logAsJson).toBe(true)
  expect(() => parseConfig({ VIGIL_LOG: 'xml' })).toThrow('VIGIL_LOG is "xml"')
})
