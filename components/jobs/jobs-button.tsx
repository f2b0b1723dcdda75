'use client'
// Long work in the top bar: nothing while there is none, a share while something runs, and behind it the list with what can be done.
import { CircleAlert, CircleCheck, CircleSlash, ListChecks, LoaderCircle } from 'lucide-react'
import Link from 'next/link'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { z } from 'zod'
import type { JobView } from '../../server/protocol/job.ts'
import { useNow } from '../live/use-now.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { Button } from '../ui/button.tsx'
import { classNames } from '../ui/class-names.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { headlineOf, jobWords, overallShare, resultText, shareOf } from './job-words.ts'
import { useJobs } from './use-jobs.ts'

const icons = {
  running: LoaderCircle,
  done: CircleCheck,
  failed: CircleAlert,
  lost: CircleAlert,
  cancelled: CircleSlash,
} as const
const tones = { plain: 'text-muted', ok: 'text-ok', warn: 'text-warn' } as const

export function JobsButton() {
  const { jobs, isOld, look } = useJobs()
  if (jobs.length === 0) return null
  const running = jobs.some(({ state }) => state === 'running')
  const isWrong = jobs.some(({ state }) => state === 'failed' || state === 'lost')
  const share = overallShare(jobs)
  const headline = headlineOf(jobs)
  const Icon = running ? LoaderCircle : ListChecks
  return (
    <Popover.Root onOpenChange={(isOpen) => isOpen && void look()}>
      <Popover.Trigger
        aria-label={`Long work: ${headline}${isOld ? ', as it was last heard' : ''}`}
        title={`Long work: ${headline}`}
        className={classNames(
          'relative flex h-7 min-w-7 items-center justify-center gap-1.5 overflow-hidden rounded-md border bg-raised px-1.5 hover:text-ink max-md:h-9 max-md:min-w-9',
          isWrong ? 'text-warn' : running ? 'text-ink' : 'text-muted',
        )}
      >
        <Icon aria-hidden className={classNames('size-4', running && !isOld && 'motion-safe:animate-spin')} />
        {running && share !== undefined && (
          <span className="font-mono text-xs max-md:hidden">{Math.round(share * 100)}%</span>
        )}
        {running && <Bar share={share} className="absolute inset-x-0 bottom-0 h-0.5" />}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Long work"
          className="z-50 max-h-[70vh] w-96 max-w-[calc(100vw-16px)] overflow-y-auto rounded-lg border border-line-strong bg-panel p-4 shadow-lg"
        >
          <h2 className="font-semibold">Long work</h2>
          <p className="mt-0.5 text-pretty text-sm text-muted">
            {isOld
              ? 'The server is not heard: this is as it was last told.'
              : 'It runs on the server and goes on when this page is closed. What ended is kept for an hour.'}
          </p>
          <ul className="mt-2">
            {jobs.map((job) => (
              <Job key={job.id} job={job} onChanged={look} />
            ))}
          </ul>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Job({ job, onChanged }: { job: JobView; onChanged: () => Promise<void> }) {
  const nowMs = useNow(1_000)
  const [problem, setProblem] = useState<ApiProblem>()
  const [asked, setAsked] = useState(false)
  const { tone, state, detail } = jobWords(job, nowMs)
  const Icon = icons[job.state]
  const cancel = async () => {
    setAsked(true)
    const answer = await apiCall('DELETE', `/api/jobs/${encodeURIComponent(job.id)}`, z.unknown())
    setProblem(answer.problem)
    setAsked(answer.problem === undefined)
    await onChanged()
  }
  return (
    <li className="flex gap-2.5 border-t py-2 first:border-t-0">
      <Icon aria-hidden className={classNames('mt-0.5 size-3.5 shrink-0', tones[tone])} />
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <HostileText text={job.title} max={120} className="min-w-0 flex-1 break-words font-medium" />
          <span className={classNames('text-sm', tones[tone])}>
            {asked && job.state === 'running' ? 'cancelling' : state}
          </span>
        </p>
        {job.state === 'running' && <Bar share={shareOf(job)} label={job.title} className="my-1 h-1.5 rounded-full" />}
        <HostileText text={detail} max={520} className="block text-pretty text-sm text-muted" />
        {problem && (
          <p role="alert" className="text-sm text-warn">
            {problem.title}: {problem.detail}
          </p>
        )}
        <div className="mt-1 flex flex-wrap gap-3 text-sm max-md:[&>*]:min-h-11">
          {job.result && <Result job={job} href={job.result.href} />}
          {job.mayCancel && (
            <Button look="quiet" size="row" aria-disabled={asked} onClick={() => !asked && void cancel()}>
              Cancel
            </Button>
          )}
        </div>
      </div>
    </li>
  )
}

function Result({ job, href }: { job: JobView; href: string }) {
  const look = 'inline-flex items-center text-info hover:underline'
  if (job.kind === 'bundle')
    return (
      <a
        href={href}
        download
        className={look}
        title="Everything in it is unmasked. That you fetch it is written in the audit."
      >
        {resultText(job)}
      </a>
    )
  return (
    <Link href={href} className={look}>
      {resultText(job)}
    </Link>
  )
}

/** Without a share nobody knows how long it takes: then it is a bar without a length. `label` absent: it is told by what it stands in. */
function Bar({ share, label, className }: { share: number | undefined; label?: string; className: string }) {
  const fill = (
    <div
      className={classNames('h-full bg-info', share === undefined && 'w-full opacity-40')}
      style={share === undefined ? undefined : { width: `${share * 100}%` }}
    />
  )
  if (label === undefined)
    return (
      <span aria-hidden className={classNames('overflow-hidden', className)}>
        {fill}
      </span>
    )
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(share !== undefined && { 'aria-valuenow': Math.round(share * 100) })}
      className={classNames('overflow-hidden bg-raised', className)}
    >
      {fill}
    </div>
  )
}
