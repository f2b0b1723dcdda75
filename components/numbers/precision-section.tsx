// How often a rule was right, as far as people said so. Of what nobody judged nothing is known.
import type { NumbersView } from '../../server/protocol/numbers-view.ts'
import { rulePath } from '../rules/rule-path.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { RuleName } from './flag-section.tsx'
import { BehindLink, LeftOut, NumberTable } from './number-table.tsx'
import { csvPath, leftOutText, noData, percentText } from './numbers-words.ts'
import { type BarSeries, CountChart } from './step-charts.tsx'

const drawnMax = 12
const rowsMax = 100
const rowHeight = 24
const series: readonly BarSeries[] = [
  { key: 'right', word: 'It was so', colour: 'var(--ok)' },
  { key: 'wrong', word: 'Noise', colour: 'var(--warn)', pattern: 'rising' },
]

export function PrecisionSection({ numbers }: { numbers: NumbersView }) {
  const { precision, flags, days, drills } = numbers
  const { rules } = precision
  const judged = rules.filter((rule) => rule.precision !== undefined)
  const drawn = judged.slice(0, drawnMax)
  const told = new Set(judged.map(({ rule }) => rule))
  const unjudged = flags.rules.filter(({ rule }) => !told.has(rule)).length
  return (
    <section aria-labelledby="numbers-precision" className="border-b px-4 py-4 max-md:px-3">
      <h2 id="numbers-precision" className="text-lg font-semibold">
        How often it was right
      </h2>
      <p className="mt-0.5 text-pretty text-muted">
        Precision is true ÷ (true + noise), from what people said of flags in this time; the newest word on a flag
        counts, and drills say nothing of a rule.
        {unjudged > 0 &&
          ` ${plural(unjudged, 'rule')} fired and nobody said of any flag whether it was right: not known, not 0%.`}
      </p>
      <LeftOut words={leftOutText({ sinceMs: precision.sinceMs, what: 'verdicts' })} />
      {rules.length > 0 && (
        <div className="mt-3 grid gap-x-6 gap-y-4 xl:grid-cols-2">
          <div className="min-w-0">
            {drawn.length > 0 && (
              <CountChart
                id="precision"
                isRows
                height={drawn.length * rowHeight + 34}
                series={series}
                points={drawn.map(({ rule, title, verdicts }) => ({
                  label: title ?? rule,
                  right: verdicts.true,
                  wrong: verdicts.false,
                }))}
                label={`Verdicts of ${plural(drawn.length, 'rule')}. The table beside it has every rule.`}
                behind={(index) => {
                  const rule = drawn[index]
                  return rule && rulePath(rule.rule)
                }}
              />
            )}
          </div>
          <NumberTable
            caption={`What people said of flags, most judged first${rules.length > rowsMax ? `; the first ${rowsMax}, all in the CSV` : ''}`}
            first="Rule"
            heads={[
              { word: 'True', means: 'it was what the flag says' },
              { word: 'Noise', means: 'a false alarm' },
              { word: 'Drill', means: 'a rehearsal: says nothing of the rule' },
              { word: 'Precision', means: 'true ÷ (true + noise)' },
              { word: 'Tune', means: 'an exception proposed from what was noise, and what it would have hidden' },
            ]}
            csv={csvPath('precision', days, drills)}
            rows={rules.slice(0, rowsMax).map((rule) => ({
              key: rule.rule,
              head: (
                <BehindLink href={rulePath(rule.rule)}>
                  <RuleName rule={rule} />
                </BehindLink>
              ),
              cells: [
                countText(rule.verdicts.true),
                countText(rule.verdicts.false),
                countText(rule.verdicts.drill),
                percentText(rule.precision),
                rule.verdicts.false > 0 ? (
                  <BehindLink
                    key="tune"
                    href={`${rulePath(rule.rule)}&tune=yes`}
                    label={`Propose an exception for ${rule.title ?? rule.rule}`}
                  >
                    Exception
                  </BehindLink>
                ) : (
                  noData
                ),
              ],
            }))}
          />
        </div>
      )}
    </section>
  )
}
