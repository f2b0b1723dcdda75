'use client'
// What the act would hold now, in numbers and names, and what it would not. It is a forecast: only the containment tells what came of it.
import { CircleHelp, TriangleAlert, Unplug } from 'lucide-react'
import type { ReactNode } from 'react'
import { classNames } from '../ui/class-names.ts'
import { plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import type { Scope } from './candidates.ts'

const namesShown = 6

type Props = {
  scope: Scope | undefined
  known: 'yes' | 'partly' | 'not-yet' | 'failed'
  until: string
}

export function ScopePreview({ scope, known, until }: Props) {
  return (
    <section aria-label="What it holds" className="rounded-lg border border-line-strong bg-canvas p-3">
      <div aria-live="polite">
        <Count scope={scope} known={known} until={until} />
        {scope && (
          <>
            {scope.unheld.length > 0 && (
              <Line icon={<TriangleAlert aria-hidden />} tone="critical">
                {scope.unheld.length === 1
                  ? '1 more matches, but nothing here can hold it: it runs on.'
                  : `${scope.unheld.length} more match, but nothing here can hold them: they run on.`}
              </Line>
            )}
            {scope.silent > 0 && (
              <Line icon={<Unplug aria-hidden />} tone="warn">
                {plural(scope.silent, 'is', 'are')} on a silent host: asked at once, enforced when the host is heard
                again.
              </Line>
            )}
            {scope.already > 0 && (
              <p className="mt-1 text-muted">
                {plural(scope.already, 'is', 'are')} contained already, by another cause that goes on holding by itself.
              </p>
            )}
          </>
        )}
      </div>
      {scope && scope.holdable.length > 0 && (
        <ul aria-label="Sessions it holds" className="mt-2 flex flex-wrap gap-1">
          {scope.holdable.slice(0, namesShown).map((row) => (
            <li key={row.session} className="max-w-52 truncate rounded-sm bg-raised px-1.5 py-0.5 font-mono text-xs">
              <HostileText text={row.name ?? row.session} max={48} />
            </li>
          ))}
          {scope.holdable.length > namesShown && (
            <li className="px-1 py-0.5 text-xs text-muted">and {scope.holdable.length - namesShown} more</li>
          )}
        </ul>
      )}
    </section>
  )
}

function Count({ scope, known, until }: Props) {
  const later = `every one that starts later, ${until}`
  if (known === 'not-yet') return <p className="text-muted">Counting the sessions…</p>
  if (known === 'failed')
    return (
      <Line icon={<CircleHelp aria-hidden />} tone="warn">
        The server did not tell which sessions run. Containing works all the same: it counts them itself.
      </Line>
    )
  if (!scope)
    return (
      <p>
        Holds every session that matches now, and {later}.{' '}
        <span className="text-muted">
          How many that is, the server says once it is asked: the rows here do not tell it.
        </span>
      </p>
    )
  const count = scope.holdable.length
  if (count === 0)
    return (
      <p>
        <strong className="font-semibold">No running session matches</strong>
        {scope.matching.length > 0 ? ' that could be held' : ''}. It can stand all the same: it holds {later}.
      </p>
    )
  return (
    <p className="text-lg max-md:text-base">
      Holds{' '}
      <strong className="font-semibold text-critical">
        {known === 'partly' && 'at least '}
        {plural(count, 'session')}
      </strong>{' '}
      now, and {later}.
    </p>
  )
}

function Line({ icon, tone, children }: { icon: ReactNode; tone: 'warn' | 'critical'; children: ReactNode }) {
  return (
    <p
      className={classNames(
        'mt-1 flex items-start gap-1.5 first:mt-0 [&>svg]:mt-0.5 [&>svg]:size-3.5 [&>svg]:shrink-0',
        tone === 'critical' ? 'text-critical' : 'text-warn',
      )}
    >
      {icon}
      <span>{children}</span>
    </p>
  )
}
