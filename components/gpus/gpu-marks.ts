// The colour of a tone; the word beside it says the same.
import type { Tone } from './gpu-words.ts'

export const toneClass: Readonly<Record<Tone, string>> = {
  muted: 'text-muted',
  ok: 'text-ok',
  warn: 'text-warn',
  critical: 'text-critical',
}
