'use client'
// Whose action it is: session, agent, task, labels, which policy holds it, who asked.
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { policyDocument } from '../../server/protocol/rule-view.ts'
import { useView } from '../live/live-context.tsx'
import { useStaleness } from '../live/staleness-pill.tsx'
import { editPath } from '../rules/rule-path.ts'
import { GateMark } from '../session/gate-mark.tsx'
import { shownLabels } from '../session/label-words.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { faceOf, StateIcon } from '../sessions/state-icon.tsx'
import { clockText, dateTimeText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { SessionRisk } from './session-risk.tsx'

const askerWords = { operator: 'operator', key: 'API key', server: 'Vigil itself' } as const

export function ApprovalAside({ approval }: { approval: ApprovalView }) {
  const { session, host, policy, askedBy, askedAtMs, capability } = approval
  const row = useView((view) => view.rows.get(session))
  const heard = useStaleness().tone === 'ok'
  const labels = row ? shownLabels(row.labels) : []
  return (
    <dl className="facts grid gap-3.5">
      <Fact name="Session">
        <Link
          href={sessionPath(session)}
          className="inline-block max-w-full truncate align-bottom font-mono text-info underline underline-offset-2"
        >
          <HostileText text={row?.name ?? session} max={120} />
        </Link>
        {row && (
          <span className="mt-0.5 flex items-center gap-1.5 text-muted">
            <StateIcon row={row} className="size-3.5" /> {faceOf(row).word}
          </span>
        )}
      </Fact>
      {row?.agent && (
        <Fact name="Agent">
          <HostileText text={row.agent} max={200} className="break-words" />
        </Fact>
      )}
      {row?.task && (
        <Fact name="Task">
          <HostileText text={row.task} max={600} className="break-words" />
        </Fact>
      )}
      {labels.map(({ label, word, value }) => (
        <Fact key={label} name={word}>
          <HostileText text={value} max={200} className="break-all font-mono text-sm" />
        </Fact>
      ))}
      {host !== undefined && (
        <Fact name="Host">
          <HostileText text={host} max={130} className="break-all font-mono text-sm" />
        </Fact>
      )}
      {row && row.state !== 'ended' && (
        <Fact name="Gate">
          <GateMark gate={row.gate} heard={heard} />
        </Fact>
      )}
      {capability !== undefined && <Fact name="Uses">{capability}</Fact>}
      <Fact name="Risk of this session">
        <SessionRisk session={session} />
      </Fact>
      <Fact name="Held by the policy">
        {policy}{' '}
        <Link href={editPath(policyDocument)} className="whitespace-nowrap text-info underline underline-offset-2">
          Its text
        </Link>
      </Fact>
      <Fact name="Asked by">
        <HostileText text={askedBy.name} max={120} className="break-words" />{' '}
        <span className="text-muted">
          · {askerWords[askedBy.type]} · <time title={dateTimeText(askedAtMs)}>{clockText(askedAtMs)}</time>
        </span>
      </Fact>
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="mb-0.5 text-sm text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}
