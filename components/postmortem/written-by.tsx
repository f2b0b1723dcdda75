// Whose words they are, and of when.
import type { WrittenSection } from '../../server/protocol/postmortem-section.ts'
import { dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'

export function By({ written: { by, atMs, version } }: { written: WrittenSection }) {
  return (
    <>
      Written by <HostileText text={by.name} max={80} className="font-medium text-ink" /> · {dateTimeText(atMs)}
      {version > 1 && ` · version ${version}`}
    </>
  )
}
