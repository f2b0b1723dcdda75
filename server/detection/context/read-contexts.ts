// The text of an operator's contexts -> contexts, or what is wrong with line and column.
import type { Problem } from '../sigma/sigma-rule.ts'
import { readYamlDocuments } from '../sigma/yaml-documents.ts'
import { DetectionContexts } from './context-schema.ts'

const problemsMax = 50

/** A text without a value (nothing but comments) allows, protects and owns nothing. */
export function readContexts(text: string, file: string): { contexts: DetectionContexts } | { problems: Problem[] } {
  const { documents, problems } = readYamlDocuments(text, file)
  if (problems.length > 0) return { problems }
  const [first, second] = documents
  if (second !== undefined)
    return {
      problems: [{ ...second.placeOf([]), rule: undefined, message: 'One document alone: leave out the "---"' }],
    }
  const parsed = DetectionContexts.safeParse(withNumbers(first?.value ?? {}))
  if (parsed.success) return { contexts: parsed.data }
  return {
    problems: parsed.error.issues.slice(0, problemsMax).map(({ path, message }) => {
      const steps = path.map((step) => (typeof step === 'symbol' ? String(step) : step))
      const place = first?.placeOf(steps) ?? { file, line: 1, column: 1 }
      return { ...place, rule: undefined, message: steps.length === 0 ? message : `${steps.join('.')}: ${message}` }
    }),
  }
}

/** YAML hands integers over as bigints; here they are ports. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withNumbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]))
}

/** What stands in the console's editor before anybody wrote one. */
export const contextTemplate = `# What you allow, protect and own: for all sessions, for task sets and for training runs, by their names (labels taskset and run).
# A flag says which line made it milder or worse. What pages is never silenced by it: it stays in the record, lowered.
# Take the "#" away from what you need.

#all:
#  destinations:                       # host, .domain (it and all below), address or network
#    - { to: .pypi.org, ports: [443], why: package mirror }
#    - { to: 10.2.0.0/16, why: our build farm }
#  packageIndexes: [pypi.org, registry.npmjs.org]
#  paths:                              # where files may be written
#    - { prefix: /workspace, why: the task's own folder }
#  protected:                          # tests, graders, rewards, configuration: whoever changes them is flagged
#    - { path: /app/tests, what: tests }
#    - { path: "*_grader.py", what: graders }
#  gpus:                               # whose a GPU is: host/uuid or host/*, and a session or a user
#    - { gpu: node-7/*, owner: ep-train-* }
#  rules:                              # a rule's severity here: silent, informational, low, medium, high, critical
#    - { rule: vigil-fan-out, to: low, why: this task set scans its own network }

#taskSets:
#  ctf-web:
#    rules:
#      - { rule: vigil-fan-out, to: silent, why: the task is to scan }

#runs:
#  rl-2026-11:
#    destinations:
#      - { to: 203.0.113.0/24, why: the run's own evaluation host }
`
