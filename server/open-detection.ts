// Detection's shell: our rule pack and an operator's folder of rules from disk, and the shell parser's wasm. Detection itself reads no file.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { loadBashParser } from './detection/shell/load-bash-parser.ts'
import { openShellReader } from './detection/shell/shell-reader.ts'
import type { ReadShell } from './detection/shell/shell-reading.ts'
import { compileRules, type RuleSet } from './detection/sigma/compile-rules.ts'
import { readRuleFile } from './detection/sigma/read-rule-file.ts'
import type { Correlation, Problem, RuleFile, SigmaRule, Unsupported } from './detection/sigma/sigma-rule.ts'

/** A rule file larger than that is a mistake. */
const fileBytesMax = 1024 * 1024
const filesMax = 5_000

/** A text of rules and the name under which its mistakes are told. */
export type RuleText = { name: string; text: string }

export type LoadedRules = {
  rules: SigmaRule[]
  correlations: Correlation[]
  /** What is wrong with a file or a rule: it does not run, everything else does. */
  problems: Problem[]
  /** Valid Sigma that this engine does not do. */
  unsupported: Unsupported[]
  ruleSet: RuleSet
}

/** Where our pack lies below the project's folder. */
export const ownRulesFolder = 'server/detection/rules'

/** All rule files below a folder, named from it; a folder that is absent has none. Never throws for what a file holds. */
export function ruleTextsIn(folder: string): { texts: RuleText[]; problems: Problem[] } {
  const texts: RuleText[] = []
  const problems: Problem[] = []
  for (const file of ruleFilesOf(folder)) {
    const name = path.relative(folder, file)
    if (statSync(file).size > fileBytesMax)
      problems.push({ file: name, line: 1, column: 1, rule: undefined, message: 'larger than 1 MiB: not read' })
    else texts.push({ name, text: readFileSync(file, 'utf8') })
  }
  return { texts, problems }
}

/** `read` may remember what it read before. */
export function compileTexts(
  texts: readonly RuleText[],
  read: (text: string, name: string) => RuleFile = readRuleFile,
): LoadedRules {
  const loaded: Omit<LoadedRules, 'ruleSet'> = { rules: [], correlations: [], problems: [], unsupported: [] }
  for (const { name, text } of texts) {
    const file = read(text, name)
    loaded.rules.push(...file.rules)
    loaded.correlations.push(...file.correlations)
    loaded.problems.push(...file.problems)
    loaded.unsupported.push(...file.unsupported)
  }
  const ruleSet = compileRules(loaded.rules, loaded.correlations, { nowMs: () => performance.now() })
  return { ...loaded, problems: [...loaded.problems, ...ruleSet.problems], ruleSet }
}

/** All rules below these folders. */
export function loadRules(folders: readonly string[]): LoadedRules {
  const found = folders.map(ruleTextsIn)
  const loaded = compileTexts(found.flatMap(({ texts }) => texts))
  return { ...loaded, problems: [...found.flatMap(({ problems }) => problems), ...loaded.problems] }
}

function ruleFilesOf(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .slice(0, filesMax)
}

/** Takes 50 ms or so: two wasm files are compiled. */
export async function loadShellReader(): Promise<ReadShell> {
  const { resolve } = createRequire(import.meta.url)
  const bash = readFileSync(resolve('tree-sitter-bash/tree-sitter-bash.wasm'))
  const engine = readFileSync(resolve('web-tree-sitter/web-tree-sitter.wasm'))
  return openShellReader({ parser: await loadBashParser(bash, engine), nowMs: () => performance.now() })
}
