// What is kept of the readings of a past moment: who uses a GPU is of the log, its readings are of another store and go earlier.
import type { GpuListAnswer } from './gpu-list-answer.ts'

const words: Readonly<Record<NonNullable<GpuListAnswer['readings']>, string>> = {
  whole: 'Readings are those before this moment by the clock of whoever read the card.',
  minutes:
    'Single readings of this time are gone: figures are means of the last whole minute before this moment, memory and temperature its most.',
  none: 'No reading of the 15 min before this moment is kept: none was taken, or its time to be kept is over.',
}

export function PastReadings({ kept }: { kept: GpuListAnswer['readings'] }) {
  if (kept === undefined) return null
  return (
    <p className={`border-b px-4 py-1.5 text-sm max-md:px-3 ${kept === 'whole' ? 'text-muted' : 'text-warn'}`}>
      {words[kept]} Users, plans and off-task time are as the log knew them then.
    </p>
  )
}
