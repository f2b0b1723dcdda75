// What a person sees while a command works: one line a step, on stderr, so that stdout stays the program's own.
import { CommandError } from './run-command.mjs'

/** An error that is already one clear line for the person at the keyboard: shown without a stack. */
export class PlainError extends Error {}

/**
 * `vigil: building the console… 12 s`
 * @template T @param {string} title @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function step(title, work) {
  const startMs = performance.now()
  process.stderr.write(`vigil: ${title}…`)
  try {
    const result = await work()
    process.stderr.write(` ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`)
    return result
  } catch (error) {
    process.stderr.write(' failed\n')
    throw error
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`vigil: ${line}\n`)
}

/** Runs a command's main and turns what it throws into an exit code and words. @param {() => Promise<number | void>} main */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    explain(error)
    process.exitCode = 1
  }
}

/** @param {unknown} error */
export function explain(error) {
  if (error instanceof CommandError) {
    if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`)
    say(error.message)
  } else if (error instanceof PlainError) say(error.message)
  else console.error(error)
}
