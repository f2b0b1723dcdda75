// Lets the clock of one process jump while it runs: a module loaded before the program reads how far from a file, ten times a second, and
// `Date` follows. Timers do not: they are monotonic in real jumps, too. The program itself knows nothing of it.
import { renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const preload = `
import { readFileSync } from 'node:fs'
const file = process.env.VIGIL_CHAOS_CLOCK
const Real = Date
const realNow = Real.now.bind(Real)
let offsetMs = 0
const read = () => {
  try {
    offsetMs = Number(readFileSync(file, 'utf8')) || 0
  } catch {}
}
read()
setInterval(read, 100).unref()
const now = () => realNow() + offsetMs
Real.now = now
globalThis.Date = new Proxy(Real, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new Real(now()).toString(),
})
`

export type JumpingClock = {
  /** For the environment of the process. */
  env: Record<string, string>
  /** Takes effect within a tenth of a second. */
  set(offsetMs: number): void
}

export function jumpingClock(folder: string, name: string): JumpingClock {
  const program = path.join(folder, 'jumping-clock.mjs')
  const file = path.join(folder, `${name}.clock`)
  writeFileSync(program, preload)
  writeFileSync(file, '0')
  return {
    env: { NODE_OPTIONS: `--import=${program}`, VIGIL_CHAOS_CLOCK: file },
    set(offsetMs) {
      writeFileSync(`${file}.next`, String(offsetMs))
      renameSync(`${file}.next`, file)
    },
  }
}
