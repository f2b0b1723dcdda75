// How much off-task time came within the last minutes, from totals noted now and then. Pure.

export type OffTaskNote = { atMs: number; gpuMs: number }

const noteEveryMs = 10_000
const overMsMax = 10 * 60_000
const overMsMin = 30_000

/** Notes the total, at most every ten seconds, and forgets what is older than ten minutes. Oldest first. */
export function withNote(notes: readonly OffTaskNote[], note: OffTaskNote): OffTaskNote[] {
  const kept = notes.filter(({ atMs }) => note.atMs - atMs <= overMsMax)
  const newest = kept.at(-1)
  return newest !== undefined && note.atMs - newest.atMs < noteEveryMs ? kept : [...kept, note]
}

/** Undefined until the oldest note is old enough to say something. */
export function addedSince(
  notes: readonly OffTaskNote[],
  now: OffTaskNote,
): { gpuMs: number; overMs: number } | undefined {
  const [oldest] = notes
  if (oldest === undefined || now.atMs - oldest.atMs < overMsMin) return undefined
  return { gpuMs: Math.max(0, now.gpuMs - oldest.gpuMs), overMs: now.atMs - oldest.atMs }
}
