// What somebody wrote, drawn as text. Links lead only into this console: see note-parts.ts.
import Link from 'next/link'
import { HostileText } from '../ui/hostile-text.tsx'
import { type NoteSpan, noteBlocks } from './note-parts.ts'

const spanMax = 20_000

export function NoteText({ text }: { text: string }) {
  return (
    <div className="grid min-w-0 gap-1.5 text-pretty break-words">
      {noteBlocks(text).map((block, index) => {
        if (block.type === 'lines')
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no identity beyond their place
            <p key={index} className="min-w-0">
              {block.lines.map((line, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity beyond their place
                <span key={at} className="block min-w-0">
                  <Spans spans={line} />
                </span>
              ))}
            </p>
          )
        if (block.type === 'heading')
          return (
            // A person's heading is none of the page's: it stands inside what they wrote.
            // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no identity beyond their place
            <p key={index} className="mt-1 min-w-0 font-semibold text-ink">
              <Spans spans={block.spans} />
            </p>
          )
        const List = block.ordered ? 'ol' : 'ul'
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no identity beyond their place
          <List key={index} className={block.ordered ? 'list-decimal pl-5' : 'list-disc pl-5'}>
            {block.items.map((item, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity beyond their place
              <li key={at}>
                <Spans spans={item} />
              </li>
            ))}
          </List>
        )
      })}
    </div>
  )
}

function Spans({ spans }: { spans: readonly NoteSpan[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity beyond their place
  return spans.map((span, index) => <Span key={index} span={span} />)
}

function Span({ span }: { span: NoteSpan }) {
  const text = <HostileText text={span.text} max={spanMax} className="break-words" />
  switch (span.type) {
    case 'bold':
      return <strong className="font-semibold text-ink">{text}</strong>
    case 'code':
      return <code className="rounded-sm bg-raised px-1 font-mono text-sm break-all">{text}</code>
    case 'link':
      return (
        <Link
          href={span.href}
          prefetch={false}
          // On paper a path that stands there already is not told twice.
          data-target={span.text === span.href ? 'said' : undefined}
          className="break-all text-info underline"
        >
          {text}
        </Link>
      )
    case 'text':
      return text
  }
}
