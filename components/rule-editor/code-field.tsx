'use client'
// A plain textarea with line numbers and marked lines: what is in it is text, and the browser's own undo, find and spell-out work.
import { type RefObject, useMemo, useState } from 'react'
import { classNames } from '../ui/class-names.ts'
import { indentAt, lineCount, type Mark, marksByLine } from './text-place.ts'

type Props = {
  label: string
  text: string
  /** Left out where it is only read. */
  onChange?: ((text: string) => void) | undefined
  marks: readonly Mark[]
  /** The words about the marks. */
  describedBy: string
  field: RefObject<HTMLTextAreaElement | null>
  className?: string
}

// The numbers, the marks and the text must agree on the height of a line.
const metrics = '[--row:20px] font-mono text-[13px] leading-(--row) max-md:[--row:24px] max-md:text-[16px]'

export function CodeField({ label, text, onChange, marks, describedBy, field, className }: Props) {
  const [scroll, setScroll] = useState({ top: 0, left: 0 })
  const lines = lineCount(text)
  const numbers = useMemo(() => Array.from({ length: lines }, (_, index) => index + 1).join('\n'), [lines])
  const byLine = useMemo(() => [...marksByLine(marks).values()], [marks])
  const blocked = byLine.some(({ isBlocking }) => isBlocking)
  const moved = { transform: `translateY(${-scroll.top}px)` }
  const topOf = (line: number) => `calc(var(--row) * ${line - 1})`
  return (
    <div
      className={classNames(
        'relative flex min-h-0 overflow-hidden bg-canvas focus-within:shadow-[inset_0_0_0_2px_var(--info)]',
        metrics,
        className,
      )}
    >
      <div
        aria-hidden
        className="relative shrink-0 select-none overflow-hidden border-r bg-panel text-right text-faint"
      >
        <div className="relative min-w-12 py-2 pr-2.5 pl-6" style={moved}>
          <pre className="font-mono">{numbers}</pre>
          <div className="absolute inset-x-0 top-2">
            {byLine.map(({ line, message, isBlocking }) => (
              <span
                key={line}
                title={message}
                className={classNames(
                  'absolute inset-x-0 h-(--row) pr-2.5 font-semibold',
                  isBlocking
                    ? 'bg-[color-mix(in_srgb,var(--critical)_18%,var(--panel))] text-critical'
                    : 'bg-[color-mix(in_srgb,var(--warn)_18%,var(--panel))] text-warn',
                )}
                style={{ top: topOf(line) }}
              >
                <span className="absolute left-1.5">{isBlocking ? '✕' : '?'}</span>
                {line}
              </span>
            ))}
          </div>
        </div>
      </div>
      <div className="relative min-w-0 flex-1">
        <div aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden">
          <div className="absolute inset-x-0 top-2" style={moved}>
            {byLine.map(({ line, column, isBlocking }) => (
              <span
                key={line}
                className={classNames('absolute inset-x-0 h-(--row)', isBlocking ? 'bg-critical/10' : 'bg-warn/10')}
                style={{ top: topOf(line) }}
              >
                <span
                  className={classNames('absolute bottom-0 h-0.5 w-[2ch]', isBlocking ? 'bg-critical' : 'bg-warn')}
                  style={{ left: `calc(12px + ${column - 1}ch - ${scroll.left}px)` }}
                />
              </span>
            ))}
          </div>
        </div>
        <textarea
          ref={field}
          aria-label={label}
          aria-invalid={blocked || undefined}
          aria-describedby={describedBy}
          value={text}
          readOnly={!onChange}
          onChange={(event) => onChange?.(event.target.value)}
          onScroll={({ currentTarget: { scrollTop, scrollLeft } }) => setScroll({ top: scrollTop, left: scrollLeft })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing || !onChange)
              return
            const { value, selectionStart } = event.currentTarget
            const indent = indentAt(value, selectionStart)
            if (indent === '') return
            event.preventDefault()
            // The only way to write into a field that the browser's own undo knows of.
            document.execCommand('insertText', false, `\n${indent}`)
          }}
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          className={classNames(
            'relative block size-full resize-none overflow-auto whitespace-pre bg-transparent px-3 py-2 text-ink outline-none',
            metrics,
          )}
        />
      </div>
    </div>
  )
}
