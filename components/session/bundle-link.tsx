// Everything that is known of a session as one signed file. It holds all in the clear, so it is offered only to whom the server gives it.
import { FileDown } from 'lucide-react'
import { useOperator } from '../shell/operator.tsx'

export function BundleLink({ session }: { session: string }) {
  const operator = useOperator()
  if (operator?.role !== 'responder' && operator?.role !== 'admin') return undefined
  return (
    <a
      href={`/api/bundle?session=${encodeURIComponent(session)}`}
      download
      title="Events, receipts, approvals and audit of this session in one signed file, unmasked. That it was made is written in the audit."
      className="inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink max-md:min-h-11"
    >
      <FileDown aria-hidden className="size-3.5" />
      Evidence bundle
    </a>
  )
}
