'use client'
// What the host can do to this session, said before anyone clicks.
import { CircleAlert, CircleCheck, CircleSlash } from 'lucide-react'
import type { Ability } from '../../server/protocol/ability.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { groupedAbilities } from './grouped-abilities.ts'
import { Panel } from './panel.tsx'

const faces = {
  proven: { icon: CircleCheck, tone: 'text-ok', word: 'proven' },
  'best-effort': { icon: CircleAlert, tone: 'text-warn', word: 'best effort' },
  no: { icon: CircleSlash, tone: 'text-muted', word: 'not possible' },
} as const

export function AbilityPanel({ abilities }: { abilities: readonly Ability[] }) {
  return (
    <Panel title="Before you click" aside="what the host can do, and how">
      {abilities.length === 0 && (
        <p className="text-sm text-muted">The host has not said what it can do to this session.</p>
      )}
      <ul>
        {groupedAbilities(abilities).map(({ names, ability }) => {
          const { icon: Icon, tone, word } = faces[ability.can]
          return (
            <li key={ability.name} className="flex gap-2.5 border-t py-1.5 first:border-t-0">
              <Icon aria-hidden className={`mt-0.5 size-3.5 shrink-0 ${tone}`} />
              <div className="min-w-0">
                <p>
                  <span className="font-medium">{names.join(', ')}</span> <span className={tone}>{word}</span>
                  {ability.enforcer && (
                    <span className="text-muted">
                      {' '}
                      by <HostileText text={ability.enforcer} max={60} className="font-mono text-sm" />
                    </span>
                  )}
                </p>
                {ability.detail && <HostileText text={ability.detail} max={240} className="block text-sm text-muted" />}
              </div>
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
