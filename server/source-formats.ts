// Hands the readers of foreign formats to the web layer, which may not import sources itself.
import { allSources, sourceOf } from './sources/all-sources.ts'
import { createIntake } from './sources/intake.ts'
import type { Formats } from './web/ports.ts'

/** Doors that are no formats of files, but are sources all the same. */
const doors = {
  otlp: { title: 'OpenTelemetry (OTLP)', trust: 'trainer' },
  events: { title: 'Native events', trust: 'trainer' },
} as const

export const formats: Formats = {
  list: () => allSources.map(({ format, title, trust, framing }) => ({ format, title, trust, framing })),
  get(format) {
    const source = sourceOf(format)
    return source && { format, title: source.title, trust: source.trust, framing: source.framing }
  },
  open(format, context, output) {
    const source = sourceOf(format)
    return source && createIntake(source, context, output)
  },
}

export function describeSource(format: string) {
  return format === 'otlp' || format === 'events' ? doors[format] : formats.get(format)
}
