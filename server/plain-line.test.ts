// A start that fails says why in one line, whoever threw what.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainLine } from './plain-line.ts'

test('is the first line of an error that begins with its reason', () => {
  expect(plainLine(new Error('port 3000 is in use\n  at listen'))).toBe('port 3000 is in use')
  expect(plainLine('no')).toBe('no')
})

test('is the reason of an error of Prisma, which stands in its last line', () => {
  const text =
    "\nInvalid `prisma.setting.createMany()` invocation:\n\n\nCan't reach database server at 127.0.0.1:5432\n"
  expect(plainLine(new Error(text))).toBe("Can't reach database server at 127.0.0.1:5432")
})

test('is the first of several reasons where there is no common one', () => {
  const refused = ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED 127.0.0.1:5432'].map(
    (each) => new Error(each),
  )
  expect(plainLine(new AggregateError(refused))).toBe('connect ECONNREFUSED ::1:5432')
})

test('is never empty and never more than a line', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const line = plainLine(new Error(text))
      expect(line).not.toBe('')
      expect(line).not.toContain('\n')
    }),
  )
})
