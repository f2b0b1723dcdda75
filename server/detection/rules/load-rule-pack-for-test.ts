// Our rule pack from disk, for tests and scripts. The product hands the texts of rules in: this folder reads no files.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { compileRules, type RuleSet } from '../sigma/compile-rules.ts'
import { readRuleFile } from '../sigma/read-rule-file.ts'
import type { RuleFile } from '../sigma/sigma-rule.ts'

/** Paths are relative to `server/detection/rules`. */
export type RulePack = RuleFile & { files: { file: string; text: string }[]; ruleSet: RuleSet }

export function loadRulePackForTest(): RulePack {
  const files = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((full) => ({ file: path.relative(import.meta.dirname, full), text: readFileSync(full, 'utf8') }))
  const read = files.map(({ file, text }) => readRuleFile(text, file))
  const rules = read.flatMap((each) => each.rules)
  const correlations = read.flatMap((each) => each.correlations)
  return {
    files,
    rules,
    correlations,
    problems: read.flatMap((each) => each.problems),
    unsupported: read.flatMap((each) => each.unsupported),
    notes: read.flatMap((each) => each.notes),
    ruleSet: compileRules(rules, correlations),
  }
}
