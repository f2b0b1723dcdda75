// The words of a chart: a table with a link from each row or cell to what is behind it, and the same as a file.
import { Download } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf } from '../replay/replay-words.ts'
import { buttonClass } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { noData } from './numbers-words.ts'

type Head = { word: string; means?: string }
export type NumberRow = { key: string; head: ReactNode; cells: readonly ReactNode[] }

type Props = {
  caption: string
  first: string
  heads: readonly Head[]
  rows: readonly NumberRow[]
  csv: string
}

export function NumberTable({ caption, first, heads, rows, csv }: Props) {
  const at = usePastAt()
  return (
    <div className="min-w-0">
      <div className="mb-1 flex items-center justify-between gap-2">
        <h3 className="min-w-0 truncate text-sm text-muted">{caption}</h3>
        <a href={asOf(csv, at)} download className={classNames(buttonClass({ look: 'quiet' }), 'max-md:h-11')}>
          <Download aria-hidden /> CSV
        </a>
      </div>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={caption}
        className="relative max-h-72 overflow-auto rounded-lg border bg-panel outline-offset-[-2px]"
      >
        <table className="w-full border-separate border-spacing-0">
          <caption className="sr-only">{caption}</caption>
          <thead>
            <tr>
              <th scope="col" className={classNames(headClass, 'left-0 z-20 text-left')}>
                {first}
              </th>
              {heads.map(({ word, means }) => (
                <th key={word} scope="col" title={means} className={classNames(headClass, 'text-right')}>
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, head, cells }) => (
              <tr key={key} className="group">
                <th
                  scope="row"
                  className="sticky left-0 z-10 h-7 max-w-80 border-b bg-panel px-2.5 text-left font-normal whitespace-nowrap group-hover:bg-raised group-last:border-b-0"
                >
                  {head}
                </th>
                {cells.map((cell, index) => (
                  <td
                    key={heads[index]?.word}
                    className={classNames(
                      'h-7 border-b px-2.5 text-right whitespace-nowrap group-hover:bg-raised group-last:border-b-0',
                      cell === noData && 'text-muted',
                    )}
                  >
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}

const headClass = 'sticky top-0 z-10 h-7 border-b bg-raised px-2.5 text-xs font-normal whitespace-nowrap text-muted'

export function BehindLink({ href, label, children }: { href: string; label?: string; children: ReactNode }) {
  return (
    <Link
      href={href}
      prefetch={false}
      aria-label={label}
      className="text-info underline-offset-2 hover:underline max-md:inline-flex max-md:h-11 max-md:items-center"
    >
      {children}
    </Link>
  )
}

/** Sentences about what is in no figure. */
export function LeftOut({ words }: { words: readonly string[] }) {
  if (words.length === 0) return null
  return <p className="mt-1 text-pretty text-sm text-muted">{sentence(words.join('; '))}</p>
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
