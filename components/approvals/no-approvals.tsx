// Nothing to decide: how an agent comes to ask, and where the policy says what waits.
import { ShieldQuestionMark } from 'lucide-react'
import Link from 'next/link'
import { policyDocument } from '../../server/protocol/rule-view.ts'
import { editPath } from '../rules/rule-path.ts'
import { CommandLine, Notice } from '../ui/notice.tsx'

const ask = `curl -s "$VIGIL_URL/api/gate" -H "authorization: Bearer $VIGIL_KEY" \\
  -H 'content-type: application/json' -d '{"session": "ep-1", "callId": "c-1",
  "tool": "Bash", "input": {"command": "git push"}, "deadlineMs": 120000}'`

/** `before`: some were decided already, so the gate is known to work. */
export function NoApprovals({ before }: { before: boolean }) {
  return (
    <Notice
      icon={<ShieldQuestionMark aria-hidden />}
      title={before ? 'Nothing waits for a person' : 'Nothing has waited for a person yet'}
    >
      <p>
        An agent’s harness asks the gate before it runs a call, and waits for the answer. The policy lets it run, denies
        it, or holds it for a person; what is held appears here, and is denied when its time is over.
      </p>
      <div className="mt-4 text-left [&_code]:whitespace-pre">
        <p className="text-sm">
          Ask once before each tool call; run it only on “allow”, or on “edit” with the input that comes:
        </p>
        <CommandLine>{ask}</CommandLine>
      </div>
      <p className="mt-4">
        At first the policy holds what would page: actions that a rule calls high or critical.{' '}
        <Link href={editPath(policyDocument)} className="whitespace-nowrap text-info underline underline-offset-2">
          The policy
        </Link>
      </p>
    </Notice>
  )
}
