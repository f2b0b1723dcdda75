// What rules and correlations have in common: title, id, level, tags, our own block.
import { severities } from '../flag.ts'
import type { RuleHead } from './sigma-rule.ts'
import { readTags } from './tags.ts'
import { isRecord, type Teller } from './teller.ts'
import { readVigilBlock, type VigilBlock } from './vigil-block.ts'
import type { YamlDocument } from './yaml-documents.ts'

const textMaxChars = 65_535
const statuses = ['stable', 'test', 'experimental', 'deprecated', 'unsupported']
const knownKeys = [
  ...['title', 'id', 'name', 'related', 'taxonomy', 'status', 'description', 'license', 'references', 'author', 'date'],
  ...[
    'modified',
    'logsource',
    'detection',
    'correlation',
    'fields',
    'falsepositives',
    'level',
    'tags',
    'scope',
    'vigil',
  ],
]

export function readHead(value: Record<string, unknown>, document: YamlDocument, teller: Teller): RuleHead {
  const text = (key: string): string | undefined => {
    const found = value[key]
    if (found === undefined || found === null) return undefined
    if (typeof found === 'object') {
      teller.problem([key], `${key} is a text`)
      return undefined
    }
    return String(found).trim().slice(0, textMaxChars)
  }
  const list = (key: string): string[] => {
    const found = value[key]
    if (found === undefined || found === null) return []
    const items: unknown[] = Array.isArray(found) ? found : [found]
    if (items.some((item) => typeof item === 'object')) teller.problem([key], `${key} is a list of texts`)
    return items.filter((item) => typeof item !== 'object').map((item) => String(item).slice(0, 2_000))
  }
  const title = text('title') ?? ''
  if (title === '') teller.problem([], 'The rule has no title')
  if (title.length > 256) teller.problem(['title'], 'The title is longer than 256 characters')
  const name = text('name')
  const status = text('status')
  if (status === 'unsupported')
    teller.cannot(
      ['status'],
      'status unsupported',
      'The rule says of itself that it cannot be used in its present state',
    )
  else if (status !== undefined && !statuses.includes(status))
    teller.note(['status'], `There is no status "${status.slice(0, 40)}"; there are ${statuses.join(', ')}`)
  const taxonomy = text('taxonomy')
  if (taxonomy !== undefined && taxonomy !== 'sigma')
    teller.cannot(['taxonomy'], 'taxonomy', 'The rule uses names of its own (taxonomy); Vigil knows those of Sigma')
  if (value.action !== undefined)
    teller.cannot(['action'], 'action', '`action: global` and the like were dropped from Sigma; write each rule out')
  for (const key of Object.keys(value)) noteMisspelt(key, teller)
  const vigil = value.vigil === undefined ? undefined : readVigil(value.vigil, teller)
  const tags = list('tags')
  const id = text('id')
  if (id === undefined)
    teller.note([], 'The rule has no id: it goes by its name or title, and a change of that makes it another rule')
  return {
    ...document.placeOf(['title']),
    id: (id ?? name ?? title).slice(0, 256),
    name,
    title,
    status,
    description: text('description'),
    references: list('references'),
    author: text('author'),
    date: text('date'),
    modified: text('modified'),
    falsePositives: list('falsepositives'),
    level: readLevel(text('level'), teller),
    tags,
    ...readTags(tags, vigil?.formerly ?? [], vigil?.atlas ?? []),
    vigil,
  }
}

function readLevel(level: string | undefined, teller: Teller): RuleHead['level'] {
  const known = severities.find((each) => each === level?.toLowerCase())
  if (known !== undefined) return known
  if (level === undefined) teller.note([], 'The rule has no level: medium is taken')
  else teller.problem(['level'], `There is no level "${level.slice(0, 40)}"; there are ${severities.join(', ')}`)
  return 'medium'
}

function readVigil(value: unknown, teller: Teller): VigilBlock | undefined {
  if (!isRecord(value)) {
    teller.problem(['vigil'], 'vigil is a map with behaviour, why and response')
    return undefined
  }
  const read = readVigilBlock(value)
  if ('block' in read) return read.block
  for (const { path, message } of read.issues) teller.problem(['vigil', ...path], message)
  return undefined
}

const misspelt: { readonly [key: string]: string } = {
  falsepositive: 'falsepositives',
  false_positives: 'falsepositives',
  reference: 'references',
  tag: 'tags',
  log_source: 'logsource',
  severity: 'level',
  detections: 'detection',
  correlations: 'correlation',
}

function noteMisspelt(key: string, teller: Teller): void {
  const meant = Object.hasOwn(misspelt, key) ? misspelt[key] : knownKeys.find((each) => each === key.toLowerCase())
  if (meant !== undefined && meant !== key) teller.note([key], `Did you mean ${meant}? "${key}" is not read`)
}
