// What a stateful detector is, and how it says what it saw. Detectors are reducers: events in, flags out, time only from the events, and a
// fixed amount of memory for everything that an attacker can make more of.
import type { DetectionEvent, FieldValue, LogSource } from '../detection-event.ts'
import type { Flag, Severity } from '../flag.ts'

/** The seam to the engine. */
export type Detector = { observe(event: DetectionEvent): Flag[] }

/** Where a detector puts its flags: most events make none, and none must cost an array. */
export type Tell = (flag: Flag) => void

export type StatefulDetector = {
  /** It is shown events of these sources only. */
  readonly sources: readonly LogSource[]
  /** Also what the operator's context expects: it listens for life, not for harm. */
  readonly seesExpected?: true
  observe(event: DetectionEvent, tell: Tell): void
  /** Time passed without an event: for what shows itself by silence. */
  elapse?(nowMs: number, tell: Tell): void
}

/** One row of the page of rules: what the detector raises and what to make of it. */
export type DetectorRule = {
  /** Fixed for ever: allowlists, history and postmortems name it. */
  id: string
  title: string
  /** One of the behaviours that the pack is organised by. */
  behaviour: string
  severity: Severity
  /** What the operator loses when this goes on. */
  why: string
  /** What to do first. */
  response: string
  /** ATT&CK, in Sigma's spelling of tactics. */
  tactics: readonly string[]
  techniques: readonly string[]
  /** Numbers that ATT&CK used before. */
  formerly?: readonly string[]
  /** Innocent things that look the same. */
  falsePositives: readonly string[]
  /** What it counts, with its numbers, in words. */
  measures: string
  /** It speaks of many destinations at once: that the last of them is allowed explains nothing. */
  spansMany?: true
  sources: readonly LogSource[]
}

export type Finding = {
  /** What makes it the same thing again in this or another session: never the session's own name. */
  what: string
  matched: readonly (readonly [field: string, value: FieldValue])[]
  /** Where it is less or more than the rule's. */
  severity?: Severity
  /** In words; required with `severity`. */
  context?: string
}

const excerptMax = 200

export function flagOf(rule: DetectorRule, event: DetectionEvent, { what, matched, severity, context }: Finding): Flag {
  return {
    rule: rule.id,
    title: rule.title,
    severity: severity ?? rule.severity,
    ruleSeverity: rule.severity,
    techniques: rule.techniques,
    tactics: rule.tactics,
    behaviour: rule.behaviour,
    source: event.source,
    atMs: event.atMs,
    session: event.session,
    host: event.host,
    call: event.call,
    matched: matched.map(([field, value]) => ({ field, value: excerpt(value) })),
    fingerprint: what === '' ? rule.id : `${rule.id} ${what.slice(0, excerptMax)}`,
    context: context === undefined ? [] : [context],
    notFully: event.notFully,
  }
}

function excerpt(value: FieldValue): string {
  const text = Array.isArray(value) ? value.slice(0, 8).join(', ') : String(value)
  return text.length > excerptMax ? `${text.slice(0, excerptMax - 1)}…` : text
}

// ---- reading fields: every one may be absent or of another type ------------------------------------------------------------------------

export function textAt(event: DetectionEvent, field: string): string | undefined {
  const value = event.fields[field]
  return typeof value === 'string' ? value : undefined
}

/** Finite and not negative, else undefined: counters, ports, watts. */
export function numberAt(event: DetectionEvent, field: string): number | undefined {
  const value = event.fields[field]
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined
}

/** Outside of what the operator runs. Documentation addresses stand in for it in drills and tests. */
export function isOutside(event: DetectionEvent): boolean {
  const scope = event.fields.DestinationScope
  return scope === 'public' || scope === 'documentation'
}

export function isInside(event: DetectionEvent): boolean {
  const scope = event.fields.DestinationScope
  return scope === 'private' || scope === 'link-local' || scope === 'metadata'
}
