// What VIGIL_ADOPT asks for: which cgroups that others made are taken in as sessions. Pure. Nothing unless it is asked for: a host
// that also runs databases in containers would flood every console, and an operator could freeze what no agent ever touched.
import { recognise } from './container-cgroup.ts'

export type AdoptSetting = {
  /** As it was given. */
  text: string
  /** Every cgroup that carries a container's name as container managers write it. */
  containers: boolean
  /** Patterns of whole paths from the root of the v2 hierarchy, by segment. */
  globs: readonly (readonly RegExp[])[]
  /** Never these, nor anything below them. */
  not: readonly (readonly RegExp[])[]
}

const wordsMax = 100

/**
 * `off` (or nothing) · `containers` · patterns like `/sandboxes/*`, where `*` and `?` stay within one segment · `!` before a pattern
 * takes out again; several with commas. Throws an Error with one line for the person when it makes no sense.
 */
export function parseAdoptSetting(text: string | undefined): AdoptSetting | undefined {
  const words = (text ?? '').split(',').flatMap((word) => word.trim() || [])
  if (words.length === 0 || words.join() === 'off') return undefined
  if (words.length > wordsMax) throw new Error(`VIGIL_ADOPT has more than ${wordsMax} patterns`)
  const globs: RegExp[][] = []
  const not: RegExp[][] = []
  for (const word of words) {
    if (word === 'containers') continue
    if (word.startsWith('!')) not.push(parseGlob(word.slice(1)))
    else globs.push(parseGlob(word))
  }
  const containers = words.includes('containers')
  if (!containers && globs.length === 0) throw new Error('VIGIL_ADOPT only takes out: add "containers" or a pattern')
  return { text: words.join(','), containers, globs, not }
}

function parseGlob(glob: string): RegExp[] {
  const segments = glob.split('/').slice(1)
  const isPath = glob.startsWith('/') && segments.every((segment) => !['', '.', '..'].includes(segment))
  if (!isPath || glob.length > 1_000)
    throw new Error(
      `VIGIL_ADOPT must be "off", "containers" or patterns like /sandboxes/* of cgroups below the root: ${JSON.stringify(glob.slice(0, 200))}`,
    )
  return segments.map((segment) => {
    const pattern = segment.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*')
    return new RegExp(`^${pattern.replace(/\?/g, '.')}$`)
  })
}

/** `path` from the root of the hierarchy, beginning with a slash. */
export function isAskedFor(setting: AdoptSetting, path: string): boolean {
  if (isTakenOut(setting, path)) return false
  const segments = segmentsOf(path)
  if (setting.globs.some((glob) => glob.length === segments.length && fits(glob, segments))) return true
  return setting.containers && recognise(path) !== undefined
}

/** Something below it may be asked for. */
export function mayHold(setting: AdoptSetting, path: string): boolean {
  if (isTakenOut(setting, path)) return false
  if (setting.containers) return true
  const segments = segmentsOf(path)
  return setting.globs.some((glob) => glob.length > segments.length && fits(glob.slice(0, segments.length), segments))
}

function isTakenOut(setting: AdoptSetting, path: string): boolean {
  const segments = segmentsOf(path)
  return setting.not.some((glob) => glob.length <= segments.length && fits(glob, segments.slice(0, glob.length)))
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function fits(glob: readonly RegExp[], segments: readonly string[]): boolean {
  return glob.every((pattern, i) => pattern.test(segments[i] ?? ''))
}
