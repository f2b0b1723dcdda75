// The parts of a postmortem that people write. Facts are made from the log and cannot be written; what is written says by whom and when.
import { z } from 'zod'
import { Actor } from './actor.ts'
import { AtMs, EventId } from './ids.ts'

export const PostmortemSection = z.enum(['summary', 'worked', 'failed', 'causes', 'followUps'])
export type PostmortemSection = z.infer<typeof PostmortemSection>

export const sectionTextMax = 20_000

/** As it stands now. `version` counts from 1; 0 is where nobody wrote yet. */
export const WrittenSection = z.object({
  section: PostmortemSection,
  /** Markdown; empty: it was taken away again. */
  text: z.string(),
  by: Actor,
  atMs: AtMs,
  version: z.int().min(1),
})
export type WrittenSection = z.infer<typeof WrittenSection>

export type SectionPart = { type: 'text'; text: string } | { type: 'evidence'; id: EventId }

const citation = /^[ \t]*\[\[evidence ([0-9a-f-]{36})\]\][ \t]*$/i

/** The line that stands for a fact of the timeline, drawn where it stands. */
export function citationOf(id: string): string {
  return `[[evidence ${id}]]`
}

/** Text and the facts cited in it, in order. A line that names no possible fact is text. */
export function sectionParts(text: string): SectionPart[] {
  const parts: SectionPart[] = []
  let lines: string[] = []
  const close = () => {
    if (lines.some((line) => line.trim() !== '')) parts.push({ type: 'text', text: lines.join('\n') })
    lines = []
  }
  for (const line of text.split(/\r?\n/)) {
    const id = EventId.safeParse(citation.exec(line)?.[1])
    if (id.success) {
      close()
      parts.push({ type: 'evidence', id: id.data })
    } else lines.push(line)
  }
  close()
  return parts
}
