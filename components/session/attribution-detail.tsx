'use client'
// Why a fact is said to be of a call: the evidence for and against it, what else came into question, and what was done to its times.
import Link from 'next/link'
import type { ReactNode } from 'react'
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { sessionPath } from '../sessions/session-path.ts'
import { classNames } from '../ui/class-names.ts'
import { clockText } from '../ui/format-time.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { AgentMark } from '../ui/trust-badge.tsx'
import {
  bitsText,
  clockCorrectionText,
  levelSentence,
  levelWords,
  scoreText,
  subjectsText,
  type Tie,
  tieOf,
  timesText,
} from './attribution-words.ts'

export function AttributionDetail({ event, replaced }: { event: EventView; replaced: boolean }) {
  const tie = tieOf(event.data)
  return (
    <div className="border-t bg-panel px-4 py-2.5 max-md:px-3">
      <dl className="grid gap-x-4 gap-y-1 text-sm md:grid-cols-[112px_minmax(0,1fr)] [&_dd]:min-w-0 [&_dd]:break-words [&_dt]:text-muted max-md:[&_dd]:mb-1">
        <Row name="Conclusion">
          {tie.level === undefined
            ? 'No longer tied to this session: the evidence does not decide, and no tie is better than a guess.'
            : `${levelWords[tie.level]}: ${levelSentence[tie.level]}`}
          {tie.level !== undefined && tie.score !== undefined && (
            <span className="text-muted"> · weighed at {scoreText(tie.score)} of 1</span>
          )}
          {replaced && <span className="text-warn"> · a later conclusion takes its place</span>}
          {tie.corrects !== undefined && <span className="text-muted"> · corrects an earlier tie</span>}
        </Row>
        {tie.level !== undefined && <Call tie={tie} />}
        {tie.features.length > 0 && (
          <Row name="Evidence">
            <Features tie={tie} />
          </Row>
        )}
        {tie.level !== undefined && (
          <Row name="Next best">
            <RunnerUp tie={tie} session={event.session} />
          </Row>
        )}
        <Times tie={tie} />
        <Row name="Facts">{subjectsText(tie)}, one conclusion</Row>
      </dl>
    </div>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Call({ tie }: { tie: Tie }) {
  return (
    <Row name="Call">
      {tie.call === undefined ? (
        <span className="text-muted">The session is known, which of its calls is not.</span>
      ) : (
        <span className="inline-flex max-w-full items-baseline gap-1.5">
          <AgentMark />
          <span className="min-w-0 break-words">
            <HostileText text={tie.tool ?? ''} max={80} />{' '}
            <HostileText text={tie.actionText ?? tie.call} max={300} className="font-mono" />
            {tie.actionAtMs !== undefined && (
              <span className="text-muted"> began {clockText(tie.actionAtMs)} on its own clock</span>
            )}
          </span>
        </span>
      )}
    </Row>
  )
}

function Features({ tie }: { tie: Tie }) {
  return (
    <>
      <p className="text-muted">In bits: each one for it makes the tie twice as probable, each one against it half.</p>
      <ul className="mt-0.5">
        {tie.features.map((feature, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: evidence of one event does not change
          <li key={index} className="flex gap-3 border-t py-0.5 first:border-t-0">
            <span
              className={classNames(
                'w-12 shrink-0 text-right font-mono',
                feature.weightBits < 0 ? 'text-warn' : 'text-ink',
              )}
            >
              {bitsText(feature.weightBits)}
              <span className="sr-only"> bits</span>
            </span>
            <span className="min-w-0 break-words">
              <HostileText text={feature.name} max={200} />
              {feature.detail !== undefined && (
                <>
                  {' '}
                  <HostileText text={feature.detail} max={300} className="font-mono text-muted" />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

function RunnerUp({ tie, session }: { tie: Tie; session: string | undefined }) {
  const { runnerUp } = tie
  if (!runnerUp) return <>None of its known calls: nothing else came into question.</>
  return (
    <>
      {scoreText(runnerUp.score)}{' '}
      {runnerUp.actionText === undefined ? (
        runnerUp.call === undefined ? (
          'no known call'
        ) : (
          <HostileText text={runnerUp.call} max={120} className="font-mono" />
        )
      ) : (
        <HostileText text={runnerUp.actionText} max={200} className="font-mono" />
      )}{' '}
      of{' '}
      {runnerUp.session === session ? (
        'this session'
      ) : (
        <Link href={sessionPath(runnerUp.session)} prefetch={false} className="text-info hover:underline">
          <HostileText text={runnerUp.session} max={130} className="font-mono" />
        </Link>
      )}
    </>
  )
}

function Times({ tie }: { tie: Tie }) {
  const times = timesText(tie)
  if (!times) return null
  return (
    <>
      <Row name="Its time">
        <span className="font-mono">{times.raw}</span> <span className="text-muted">as its source wrote it, kept</span>
        {times.corrected !== '' && (
          <>
            {' · '}
            <span className="font-mono">{times.corrected}</span>{' '}
            <span className="text-muted">on the clock of the call</span>
          </>
        )}
      </Row>
      <Row name="Clock">
        {tie.clock ? (
          `Its source’s clock corrected by ${clockCorrectionText(tie.clock)}`
        ) : (
          <span className="text-muted">Not corrected: the two clocks are the same, or were not compared.</span>
        )}
      </Row>
    </>
  )
}
