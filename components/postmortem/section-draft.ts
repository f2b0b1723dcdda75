// What somebody is writing and has not saved yet, and whether another version stands meanwhile. Pure: the browser's store is the caller's.
import { z } from 'zod'
import {
  type PostmortemSection,
  sectionTextMax,
  type WrittenSection,
} from '../../server/protocol/postmortem-section.ts'

export const Draft = z.object({
  text: z.string().max(sectionTextMax * 3),
  /** The version that it goes on from; 0: nobody had written it. */
  basedOn: z.int().min(0),
  /** When it was typed last. */
  atMs: z.number(),
})
export type Draft = z.infer<typeof Draft>

/** Of one person: who signs in next at the same browser reads nobody else's. */
export function draftKey(operator: string, incident: string, section: PostmortemSection): string {
  return `vigil.postmortem.${operator}.${incident}.${section}`
}

export function draftOf(kept: string | null): Draft | undefined {
  if (kept === null) return undefined
  try {
    return Draft.safeParse(JSON.parse(kept)).data
  } catch {
    return undefined
  }
}

/** `overtaken`: somebody saved another version than the draft goes on from. `same`: the draft is what stands, and is none any more. */
export type Standing = 'same' | 'ahead' | 'overtaken'

export function standingOf({ text, basedOn }: Draft, stands: WrittenSection | undefined): Standing {
  if (text.trim() === (stands?.text ?? '').trim()) return 'same'
  return basedOn === (stands?.version ?? 0) ? 'ahead' : 'overtaken'
}

/** Neither text is lost: theirs first, then mine. The draft then goes on from theirs. */
export function bothIn(draft: Draft, stands: WrittenSection, atMs: number): Draft {
  return { text: [stands.text.trim(), draft.text.trim()].join('\n\n'), basedOn: stands.version, atMs }
}

/** Mine in the place of theirs, knowing it. */
export function overIt(draft: Draft, stands: WrittenSection | undefined, atMs: number): Draft {
  return { ...draft, basedOn: stands?.version ?? 0, atMs }
}

/** The line goes in where the cursor is, on a line of its own. */
export function withLine(text: string, at: number, line: string): string {
  const before = text.slice(0, at)
  const after = text.slice(at)
  const open = before === '' || before.endsWith('\n') ? '' : '\n'
  return `${before}${open}${line}\n${after.startsWith('\n') ? after.slice(1) : after}`
}
