'use client'
// The wallboard: six figures that are read from five metres, a heart that moves with each beat, and the loudest words when it stops.
import { CircleCheck, type LucideIcon, Minus, OctagonAlert, Snowflake, TriangleAlert, Unplug } from 'lucide-react'
import { classNames } from '../ui/class-names.ts'
import { clockText } from '../ui/format-time.ts'
import { useWall } from './use-wall.ts'
import { beatPlaces, healthOf, type Tile, tilesOf, type WallTone } from './wall-words.ts'

const toneClass: Readonly<Record<WallTone, string>> = {
  plain: 'text-ink',
  ok: 'text-ok',
  warn: 'text-warn',
  critical: 'text-critical',
  frozen: 'text-frozen',
}
const toneIcon: Readonly<Record<WallTone, LucideIcon>> = {
  plain: Minus,
  ok: CircleCheck,
  warn: TriangleAlert,
  critical: OctagonAlert,
  frozen: Snowflake,
}

export function WallBoard() {
  const { link, figures, nowMs } = useWall()
  const health = healthOf(link, figures, nowMs)
  // The server's clock goes on by this browser's, as long as beats come.
  const serverNowMs = figures?.serverNowMs ?? 0
  return (
    <main className="flex min-h-dvh flex-col gap-[2vmin] bg-canvas p-[3vmin] leading-[1.2] text-ink [&_*]:leading-[1.2]">
      <header className="flex flex-wrap items-center gap-x-[3vmin] gap-y-2">
        <h1 className="text-[clamp(24px,4.4vmin,72px)] font-semibold">Vigil</h1>
        {figures && <Heart beat={figures.beat} isDead={health.isDead} />}
        {!health.isDead && (
          <p
            className={classNames(
              'text-[clamp(18px,3.2vmin,52px)]',
              health.tone === 'ok' ? 'text-ok' : health.tone === 'critical' ? 'text-critical' : 'text-muted',
            )}
          >
            {health.words}
          </p>
        )}
        {figures && (
          <time
            dateTime={new Date(serverNowMs).toISOString()}
            className={classNames(
              'ml-auto font-mono text-[clamp(22px,4.4vmin,72px)]',
              health.isDead ? 'text-faint line-through' : 'text-ink',
            )}
          >
            {clockText(serverNowMs)}
          </time>
        )}
      </header>
      {health.isDead && (
        <div
          role="alert"
          className="flex items-center gap-[3vmin] rounded-xl border-4 border-critical bg-critical/15 px-[4vmin] py-[3vmin] text-critical"
        >
          <Unplug aria-hidden className="size-[clamp(40px,10vmin,160px)] shrink-0" />
          <div>
            <p className="text-balance text-[clamp(32px,9vmin,150px)] font-semibold leading-none">{health.words}</p>
            {figures && (
              <p className="mt-[1.5vmin] text-[clamp(18px,3.4vmin,56px)] text-ink">
                What is below was so at {clockText(serverNowMs)}.
              </p>
            )}
          </div>
        </div>
      )}
      {figures ? (
        <dl
          data-stale={health.isDead}
          className={classNames(
            'grid flex-1 grid-cols-3 gap-[2vmin] max-lg:grid-cols-2 max-sm:grid-cols-1',
            health.isDead && 'opacity-45 grayscale',
          )}
        >
          {tilesOf(figures, serverNowMs).map((tile) => (
            <Figure key={tile.name} tile={tile} />
          ))}
        </dl>
      ) : (
        !health.isDead && <p className="m-auto text-[clamp(24px,5vmin,80px)] text-muted">{health.words}</p>
      )}
    </main>
  )
}

function Figure({ tile: { name, value, rest, tone } }: { tile: Tile }) {
  const Icon = toneIcon[tone]
  return (
    <div
      className={classNames(
        'flex min-w-0 flex-col justify-center rounded-xl border bg-panel px-[3vmin] py-[2vmin]',
        tone === 'critical' && 'border-critical bg-critical/10',
        tone === 'warn' && 'border-warn/60 bg-warn/8',
        tone === 'frozen' && 'border-frozen/50 bg-frozen/8',
      )}
    >
      <dt className="flex items-center gap-[1.5vmin] text-[clamp(18px,3.4vmin,56px)] text-muted">
        {tone !== 'plain' && <Icon aria-hidden className={classNames('size-[1em] shrink-0', toneClass[tone])} />}
        {name}
      </dt>
      <dd className="min-w-0">
        <span
          className={classNames('block text-[clamp(48px,14vmin,240px)] font-semibold leading-none', toneClass[tone])}
        >
          {value}
        </span>
        <span className="mt-[1vmin] block text-balance text-[clamp(16px,2.6vmin,44px)] text-muted">{rest}</span>
      </dd>
    </div>
  )
}

/** Steps to the next place with each beat of the server: no animation that would go on without one. */
function Heart({ beat, isDead }: { beat: number; isDead: boolean }) {
  return (
    <span aria-hidden data-beat={beat} className="flex items-center gap-[0.6vmin]">
      {Array.from({ length: beatPlaces }, (_, place) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: places are all alike
          key={place}
          className={classNames(
            'h-[2.4vmin] w-[1.2vmin] rounded-sm',
            place !== beat % beatPlaces ? 'bg-raised' : isDead ? 'bg-critical' : 'bg-ok',
          )}
        />
      ))}
    </span>
  )
}
