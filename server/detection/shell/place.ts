// Where a command stands while a text is walked, and what is known of its outcome.
import type { Environment } from './environment.ts'
import type { CarriedContent, SimpleCommand } from './shell-reading.ts'

export type ResolvedRedirect = SimpleCommand['redirects'][number]
export type Assigns = SimpleCommand['assigns']

export type Place = {
  environment: Environment
  wrappers: readonly string[]
  parentLine: string
  user: string
  runsOn: string
  isBackground: boolean
  isSubstitution: boolean
  /** Of shells within shells. */
  depth: number
  /** Redirections of groups and wrappers around it. */
  redirects: readonly ResolvedRedirect[]
  /** So many of them do not take what it prints: a pipe stands between. */
  beyondPipe: number
  /** What it reads, as far as that is known, and how it came there. */
  input: string | undefined
  inputOrigin: CarriedContent['origin']
}

/** To be changed by whoever asks for it. Written out: a spread takes several times as long, and there is one for each stage and wrapper. */
export function copyOf(place: Place): Place {
  return {
    environment: place.environment,
    wrappers: place.wrappers,
    parentLine: place.parentLine,
    user: place.user,
    runsOn: place.runsOn,
    isBackground: place.isBackground,
    isSubstitution: place.isSubstitution,
    depth: place.depth,
    redirects: place.redirects,
    beyondPipe: place.beyondPipe,
    input: place.input,
    inputOrigin: place.inputOrigin,
  }
}

/** One command, its words resolved. */
export type Run = {
  argv: readonly string[]
  assigns: Assigns
  redirects: readonly ResolvedRedirect[]
  isCertain: boolean
  place: Place
  /** Of wrappers within wrappers. */
  level: number
}

export type Outcome = {
  /** Commands whose input and output are those of the whole. */
  members: readonly number[]
  /** What is known of what it prints; undefined when nothing is. */
  output: string | undefined
  /** False when it may print more than `output`. */
  isWhole: boolean
}

export const nothing: readonly never[] = []
export const silent: Outcome = { members: nothing, output: '', isWhole: true }
export const unknown: Outcome = { members: nothing, output: undefined, isWhole: false }

export function topPlace(environment: Environment): Place {
  return {
    environment,
    wrappers: nothing,
    parentLine: '',
    user: '',
    runsOn: '',
    isBackground: false,
    isSubstitution: false,
    depth: 0,
    redirects: nothing,
    beyondPipe: 0,
    input: undefined,
    inputOrigin: 'echo',
  }
}
