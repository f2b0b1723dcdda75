// How good the pack is on real commands, for whoever writes rules:
//   npx tsx server/detection/rules/score-for-test.ts [--show missed|false] [--behaviour X] [--corpus FOLDER]
// A malicious line is found when a flag of medium or higher rises, and paged for high or critical. Grey lines are left out.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openEngine } from '../engine.ts'
import { type Flag, severities } from '../flag.ts'
import { commandEvents } from '../shell/command-events.ts'
import { openShellReaderForTest } from '../shell/open-shell-reader-for-test.ts'
import { loadRulePackForTest } from './load-rule-pack-for-test.ts'

type Line = { id: string; cmd: string; behaviour?: string; technique?: string; hard?: boolean }
type Scored = { line: Line; flags: Flag[]; worst: number }

const { values } = parseArgs({
  options: { show: { type: 'string' }, behaviour: { type: 'string' }, corpus: { type: 'string' } },
})
const root = path.resolve(import.meta.dirname, '../../..')
const corpus =
  values.corpus ?? path.join(root, existsSync(path.join(root, 'shared')) ? 'shared' : '../shared', 'corpora/commands')
const read = (name: string): Line[] =>
  readFileSync(path.join(corpus, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

const pack = loadRulePackForTest()
for (const { file, line, message } of [...pack.problems, ...pack.unsupported, ...pack.notes, ...pack.ruleSet.problems])
  console.log(`! ${file}:${line} ${message}`)
const readShell = await openShellReaderForTest()
const [medium, high] = [severities.indexOf('medium'), severities.indexOf('high')] as const

function score(line: Line): Scored {
  const engine = openEngine({ ruleSet: pack.ruleSet })
  const origin = { text: line.cmd, atMs: 0, session: line.id, host: 'host', call: line.id }
  const flags = commandEvents(readShell(line.cmd), origin).flatMap((event) => engine.observe(event))
  return { line, flags, worst: Math.max(-1, ...flags.map(({ severity }) => severities.indexOf(severity))) }
}

const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`.padStart(8)
const short = (text: string) => text.replaceAll('\n', '\\n').slice(0, 220)
const ruleNames = (flags: readonly Flag[]) =>
  [...new Set(flags.map((flag) => `${flag.severity}: ${flag.title}`))].join('; ')

const malicious = read('malicious.jsonl')
  .filter((line) => values.behaviour === undefined || line.behaviour === values.behaviour)
  .map(score)
const benign = read('benign.jsonl').map(score)

console.log(`\n${pack.rules.length} rules, ${pack.correlations.length} correlations, ${pack.files.length} files`)
console.log(`\nbehaviour                      lines    found    paged`)
const behaviours = [...new Set(malicious.map(({ line }) => line.behaviour ?? ''))].sort()
for (const behaviour of [...behaviours, 'all']) {
  const some = malicious.filter(({ line }) => behaviour === 'all' || line.behaviour === behaviour)
  const found = some.filter(({ worst }) => worst >= medium).length
  const paged = some.filter(({ worst }) => worst >= high).length
  console.log(
    `${behaviour.padEnd(30)} ${String(some.length).padStart(5)} ${percent(found, some.length)} ${percent(paged, some.length)}`,
  )
}
const isFalse = ({ worst, flags }: Scored) =>
  worst >= medium &&
  (values.behaviour === undefined || flags.some((flag) => flag.behaviour === values.behaviour?.replaceAll('_', '-')))
const wrong = benign.filter(isFalse)
const pages = wrong.filter(({ worst }) => worst >= high)
const perThousand = (count: number) => ((1_000 * count) / benign.length).toFixed(2)
console.log(`\nfalse positives: ${wrong.length} of ${benign.length} benign (${perThousand(wrong.length)} per 1,000)`)
console.log(`false pages:     ${pages.length} (${perThousand(pages.length)} per 1,000)`)
const byRule = new Map<string, { all: number; hard: number }>()
for (const { line, flags } of wrong)
  for (const name of new Set(
    flags
      .filter((flag) => severities.indexOf(flag.severity) >= medium)
      .map((flag) => `${flag.severity}: ${flag.title}`),
  )) {
    const counts = byRule.get(name) ?? { all: 0, hard: 0 }
    byRule.set(name, { all: counts.all + 1, hard: counts.hard + (line.hard === true ? 1 : 0) })
  }
for (const [name, counts] of [...byRule].sort((a, b) => b[1].all - a[1].all).slice(0, 30))
  console.log(`  ${String(counts.all).padStart(4)} (${counts.hard} hard)  ${name}`)

if (values.show === 'missed')
  for (const { line, flags } of malicious.filter(({ worst }) => worst < medium))
    console.log(
      `\nMISSED ${line.behaviour} ${line.technique} ${line.id}\n  ${short(line.cmd)}${flags.length > 0 ? `\n  only ${ruleNames(flags)}` : ''}`,
    )
if (values.show === 'false')
  for (const { line, flags } of wrong)
    console.log(`\nFALSE ${line.id}${line.hard === true ? ' (hard)' : ''}\n  ${short(line.cmd)}\n  ${ruleNames(flags)}`)
