// What fired, by rule: the loudest rules side by side on one scale, and every rule in the table.
import type { NumbersView, RuleFlags } from '../../server/protocol/numbers-view.ts'
import { SeverityWord } from '../rules/rule-marks.tsx'
import { rulePath } from '../rules/rule-path.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { HostileText } from '../ui/hostile-text.tsx'
import { BehindLink, LeftOut, NumberTable } from './number-table.tsx'
import { csvPath, flagsBehind, leftOutText, noData, stepText } from './numbers-words.ts'
import { CountChart } from './step-charts.tsx'

const drawnMax = 6
const rowsMax = 100
const series = [{ key: 'flags', word: 'Flags', colour: 'var(--info)' }]

export function FlagSection({ numbers }: { numbers: NumbersView }) {
  const { flags, steps, days, drills } = numbers
  const { rules } = flags
  const drawn = rules.slice(0, drawnMax)
  const top = Math.max(1, ...drawn.flatMap(({ perStep }) => perStep.map((each) => each ?? 0)))
  const all = rules.reduce((sum, rule) => sum + rule.flags, 0)
  const every = steps[0]?.days === 7 ? 'week' : 'day'
  return (
    <section aria-labelledby="numbers-flags" className="border-b px-4 py-4 max-md:px-3">
      <h2 id="numbers-flags" className="text-lg font-semibold">
        What fired, each {every}
      </h2>
      <p className="mt-0.5 text-pretty text-muted">
        {plural(all, 'flag')} of {plural(rules.length, 'rule')}, each at the time at which the server raised it.
        {rules.length > drawnMax && ` The ${drawnMax} loudest are drawn, on one scale.`} Where nothing was heard there
        is no bar and no 0.
      </p>
      <LeftOut words={leftOutText({ ...flags, what: 'flags' })} />
      {rules.length > 0 && (
        <div className="mt-3 grid gap-x-6 gap-y-4 md:grid-cols-2 xl:grid-cols-3">
          {drawn.map((rule, at) => (
            <RuleChart key={rule.rule} id={`fired-${at}`} rule={rule} numbers={numbers} top={top} />
          ))}
        </div>
      )}
      {rules.length > 0 && (
        <div className="mt-4">
          <NumberTable
            caption={`Flags of each rule, each ${every}${rules.length > rowsMax ? `; the ${rowsMax} loudest, all in the CSV` : ''}`}
            first="Rule"
            heads={[{ word: 'All' }, ...steps.map((step) => ({ word: stepText(step) }))]}
            csv={csvPath('flags', days, drills)}
            rows={rules.slice(0, rowsMax).map((rule) => ({
              key: rule.rule,
              head: (
                <span className="flex min-w-0 items-baseline gap-2">
                  <BehindLink href={rulePath(rule.rule)}>
                    <RuleName rule={rule} />
                  </BehindLink>
                  {rule.severity && <SeverityWord severity={rule.severity} className="text-xs" />}
                </span>
              ),
              cells: [
                countText(rule.flags),
                ...rule.perStep.map((count, index) => {
                  const step = steps[index]
                  if (count === null || !step) return noData
                  if (count === 0) return '0'
                  return (
                    <BehindLink
                      key={step.fromMs}
                      href={flagsBehind(rule.rule, step)}
                      label={`${plural(count, 'flag')}, ${stepText(step)}`}
                    >
                      {countText(count)}
                    </BehindLink>
                  )
                }),
              ],
            }))}
          />
        </div>
      )}
    </section>
  )
}

export function RuleName({ rule }: { rule: Pick<RuleFlags, 'rule' | 'title'> }) {
  return <HostileText text={rule.title ?? rule.rule} max={80} className="inline-block max-w-60 truncate align-bottom" />
}

type RuleChartProps = { id: string; rule: RuleFlags; numbers: NumbersView; top: number }

function RuleChart({ id, rule, numbers: { steps }, top }: RuleChartProps) {
  return (
    <section aria-label={rule.title ?? rule.rule} className="min-w-0">
      <h3 className="mb-1 flex min-w-0 items-baseline gap-2">
        <span className="min-w-0 truncate font-medium">
          <RuleName rule={rule} />
        </span>
        <span className="shrink-0 text-xs text-muted">{plural(rule.flags, 'flag')}</span>
      </h3>
      <CountChart
        id={id}
        height={104}
        top={top}
        series={series}
        points={steps.map((step, index) => ({ label: stepText(step), flags: rule.perStep[index] ?? null }))}
        label={`${plural(rule.flags, 'flag')} of this rule over time. The table below has every step.`}
        behind={(index) => {
          const step = steps[index]
          return step && rule.perStep[index] ? flagsBehind(rule.rule, step) : undefined
        }}
      />
    </section>
  )
}
