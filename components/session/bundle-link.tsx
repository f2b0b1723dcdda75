// Everything that is known of a session as one signed file. It holds all in the clear, so it is offered only to whom the server gives it.
import { FileDown } from 'lucide-react'
import { SessionId } from '../../server/protocol/ids.ts'
import { startBundle } from '../jobs/start-bundle.ts'
import { useOperator } from '../shell/operator.tsx'
import { useActsOff } from '../ui/act-button.tsx'

export function BundleLink({ session }: { session: string }) {
  const operator = useOperator()
  const whyOff = useActsOff()
  if (operator?.role !== 'responder' && operator?.role !== 'admin') return undefined
  return (
    <button
      type="button"
      aria-disabled={whyOff !== undefined}
      onClick={() => {
        if (whyOff === undefined) void startBundle({ kind: 'bundle', sessions: [SessionId.parse(session)] })
      }}
      title={
        whyOff ??
        'Events, receipts, approvals and audit of this session in one signed file, unmasked. That it was made is written in the audit.'
      }
      className="inline-flex items-center gap-1.5 text-sm text-muted hover:text-ink max-md:min-h-11"
    >
      <FileDown aria-hidden className="size-3.5" />
      Evidence bundle
    </button>
  )
}
