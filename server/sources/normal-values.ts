// Values of foreign records to values of ours. Every function answers undefined for what does not fit: a bad field costs the field, and
// only a record without the fields it cannot do without is refused. Nothing here throws.
import { isIP } from 'node:net'
import { AtMs, type HostId, hostIdOf, SessionId } from '../protocol/ids.ts'
import type { NetEnd } from '../protocol/signal.ts'
import { cutText, longTextMax, shortTextMax } from '../protocol/text.ts'

export type JsonObject = { readonly [key: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value's own object field, or an empty object: deep reads need no checks. Never walks the prototype. */
export function objectIn(value: unknown, key: string): JsonObject {
  const inner = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return isObject(inner) ? inner : {}
}

export function fieldOf(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Text of a string, number or boolean; undefined for empty text and everything else. Cut to 512 units. */
export function shortText(value: unknown): string | undefined {
  const text = plainText(value)
  return text === undefined ? undefined : cutText(text, shortTextMax)
}

/** As `shortText`, cut to 65,536 units. */
export function longText(value: unknown): string | undefined {
  const text = plainText(value)
  return text === undefined ? undefined : cutText(text, longTextMax)
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'boolean' ? String(value) : undefined
}

/** A finite number, given as one or as decimal text. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i.test(value)) return undefined
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : undefined
}

/** A whole number of 0 or more, safely representable: counters, bytes, ids. Negative and fractional ones are no counts. */
export function countOf(value: unknown): number | undefined {
  const number = numberOf(value)
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

export function portOf(value: unknown): number | undefined {
  const port = countOf(value)
  return port !== undefined && port <= 65_535 ? port : undefined
}

export function pidOf(value: unknown): number | undefined {
  const pid = countOf(value)
  return pid !== undefined && pid <= 4_194_304 ? pid : undefined
}

/** An IP literal: brackets and zone are taken off, IPv4-mapped IPv6 becomes IPv4, letters become lower case. */
export function addressOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 64) return undefined
  const bare = value
    .trim()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase()
  if (isIP(bare) === 0) return undefined
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)
  return mapped?.[1] ?? bare
}

export function endOf(address: unknown, port?: unknown): NetEnd | undefined {
  const literal = addressOf(address)
  if (literal === undefined) return undefined
  const number = portOf(port)
  return number === undefined ? { address: literal } : { address: literal, port: number }
}

/** `10.0.0.1:443`, `[::1]:443` or a bare address. */
export function endOfText(value: unknown): NetEnd | undefined {
  if (typeof value !== 'string') return undefined
  const match = /^\[([^\]]+)\]:(\d+)$/.exec(value) ?? /^([^:]+):(\d+)$/.exec(value)
  return match ? endOf(match[1], match[2]) : endOf(value)
}

/** Milliseconds when they lie in the years 2000 to 2100, which is what the log takes; undefined for every other number. */
export function timeMs(value: number | undefined): number | undefined {
  return value !== undefined && AtMs.safeParse(value).success ? value : undefined
}

/** Epoch seconds, as number or text, with a fraction. */
export function secondsToMs(value: unknown): number | undefined {
  const seconds = numberOf(value)
  return seconds === undefined ? undefined : timeMs(Math.round(seconds * 1e6) / 1e3)
}

/** Epoch nanoseconds as text or number (a number has lost its last digits: good enough for milliseconds). */
export function nanosecondsToMs(value: unknown): number | undefined {
  if (typeof value === 'string' && /^\d{16,20}$/.test(value)) {
    return timeMs(Number(value.slice(0, -6)) + Number(value.slice(-6)) / 1e6)
  }
  const nanoseconds = numberOf(value)
  return nanoseconds === undefined ? undefined : timeMs(nanoseconds / 1e6)
}

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9})\d*)?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?$/

/**
 * ISO 8601 with or without the colon in its zone, with up to nanoseconds. Milliseconds with their fraction (microseconds are kept).
 * Text without a zone is taken as `zoneOffsetMinutes` east of UTC (default UTC). Undefined for impossible dates.
 */
export function isoToMs(value: unknown, zoneOffsetMinutes = 0): number | undefined {
  if (typeof value !== 'string') return undefined
  const match = isoPattern.exec(value.trim())
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return undefined
  const fraction = match[7] === undefined ? 0 : Number(`0.${match[7]}`) * 1000
  const zone = match[8]
  const east = zone === undefined ? zoneOffsetMinutes : minutesEast(zone)
  return timeMs(
    Date.UTC(year, month - 1, day, hour, minute, second) + Math.round(fraction * 1000) / 1000 - east * 60_000,
  )
}

function minutesEast(zone: string): number {
  const match = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)
  if (!match) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return match[1] === '-' ? -minutes : minutes
}

export function hostOf(value: unknown): HostId | undefined {
  const name = shortText(value)
  return name === undefined ? undefined : hostIdOf(name)
}

/** Refused, never repaired: two sessions must not melt into one. */
export function sessionOf(value: unknown): SessionId | undefined {
  const parsed = SessionId.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

/** JSON of a line; undefined when it is none. */
export function jsonOfLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * The object without its undefined fields, so that it fits `exactOptionalPropertyTypes` and strict schemas. Nested objects are left alone.
 * A new object: deleting from the old one would leave it slow for everything after.
 */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept: Partial<T> = {}
  for (const key in value) if (value[key] !== undefined) kept[key] = value[key]
  return kept as { [K in keyof T]: Exclude<T[K], undefined> }
}

const ipProtocols: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipv4',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  89: 'ospfigp',
  132: 'sctp',
}

/** IANA keyword in lower case from a number or a name; unknown numbers stay as their text. */
export function protocolOf(value: unknown): string | undefined {
  const number = countOf(value)
  if (number !== undefined) return number <= 255 ? (ipProtocols[number] ?? String(number)) : undefined
  const name = shortText(value)?.toLowerCase()
  if (name === 'icmpv6' || name === 'icmp6' || name === 'ipv6-icmp') return 'ipv6-icmp'
  return name
}
