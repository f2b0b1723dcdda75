// The only way for text from outside to reach the screen. Isolated, so that its writing direction ends where it ends.
import { memo, useMemo } from 'react'
import { classNames } from './class-names.ts'
import { visibleSegments } from './visible-text.ts'

type Props = { text: string; max?: number; multiline?: boolean; className?: string }

export const HostileText = memo(function HostileText({ text, max = 400, multiline = false, className }: Props) {
  const segments = useMemo(() => visibleSegments(text, { max, multiline }), [text, max, multiline])
  return (
    <bdi dir="ltr" className={classNames(multiline && 'whitespace-pre-wrap break-all', className)}>
      {segments.map((segment, index) =>
        segment.mark ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: segments have no identity beyond their place
          <span key={index} className="rounded-xs bg-warn/15 text-warn">
            {segment.text}
          </span>
        ) : (
          segment.text
        ),
      )}
    </bdi>
  )
})
