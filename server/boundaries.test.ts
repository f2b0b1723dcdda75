// Who may import whom (README of each folder says it in words). A failure names the file, the import and the rule.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

type Rule = {
  folder: string
  /** Folders of this project that may be imported, besides the folder itself. */
  may: string[]
  /** npm packages and node modules; `any` where the shell is allowed everything. */
  packages: RegExp | 'any'
  /** Pure: no clock, no chance, no process, no network. */
  pure?: true
}

const pure = { packages: /^zod$/, pure: true } as const
const rules: Rule[] = [
  { folder: 'server/protocol', may: [], ...pure },
  { folder: 'server/model', may: ['server/protocol'], ...pure },
  {
    folder: 'server/detection',
    may: ['server/protocol', 'server/model'],
    packages: /^(zod|yaml|re2js|web-tree-sitter)$/,
    pure: true,
  },
  { folder: 'server/attribution', may: ['server/protocol', 'server/model'], ...pure },
  { folder: 'server/control', may: ['server/protocol', 'server/model'], ...pure },
  { folder: 'server/bundle', may: ['server/protocol', 'server/model'], ...pure },
  { folder: 'server/sources', may: ['server/protocol'], packages: /^(zod|node:|@bufbuild\/protobuf|fzstd$)/ },
  { folder: 'server/store', may: ['server/protocol', 'server/model', 'server/bundle'], packages: 'any' },
  {
    folder: 'server/web',
    may: ['server/protocol', 'server/model', 'server/control', 'server/bundle'],
    packages: 'any',
  },
  { folder: 'server/self', may: ['server/protocol'], packages: 'any' },
  {
    folder: 'server/nodes',
    may: ['server/store/lease.ts', 'server/web/api-app.ts', 'server/web/claude-code-hook-answer.ts'],
    packages: /^(zod|node:(crypto|http|stream))$/,
  },
  { folder: 'server/enforce', may: ['server/protocol', 'server/model', 'server/control'], packages: 'any' },
  {
    folder: 'server/notify',
    may: [
      'server/protocol',
      'server/model',
      'server/enforce/bounded-call.ts',
      'server/enforce/call-webhook.ts',
      'server/enforce/reach.ts',
    ],
    packages: /^(zod|nodemailer|node:(crypto|net))$/,
  },
  { folder: 'components', may: ['server/protocol'], packages: /^(?!node:)/ },
  { folder: 'app', may: ['components'], packages: /^(?!node:)/ },
  { folder: 'client', may: [], packages: /^(?!)/ },
  { folder: 'probe', may: ['server/protocol'], packages: 'any' },
  {
    folder: 'cli',
    may: [
      'server/protocol',
      'server/model',
      'server/detection',
      'server/open-detection.ts',
      'server/attribution',
      'server/control',
      'server/bundle',
      'server/bundle-file.ts',
      'server/backup.ts',
      'server/sources',
      'client',
      'probe',
    ],
    packages: 'any',
  },
]

const impure =
  /\b(Date\.now|new Date\(\)|Math\.random|process\.(env|cwd|hrtime|memoryUsage|nextTick|stdout|stderr)|fetch\(|performance\.|setTimeout|setInterval|crypto\.)/

function filesOf(folder: string): string[] {
  // A room that is planned and not built yet holds nothing that could break its rule.
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}generated${path.sep}`))
}

function importsOf(text: string): string[] {
  return [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
    ),
  ]
    .map((match) => match[1] ?? match[2] ?? match[3])
    .filter((each) => each !== undefined)
}

function violations(rule: Rule): string[] {
  const found: string[] = []
  for (const file of filesOf(rule.folder)) {
    const text = readFileSync(file, 'utf8')
    const name = path.relative(root, file)
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith('.')) {
        const mayTest = /^(vitest|node:.*)$/.test(specifier) && name.endsWith('-for-test.ts')
        if (rule.packages !== 'any' && !mayTest && !rule.packages.test(specifier))
          found.push(`${name} imports ${specifier}`)
        continue
      }
      const target = path.relative(root, path.resolve(path.dirname(file), specifier))
      const inside = [rule.folder, ...rule.may].some((folder) => target.startsWith(`${folder}/`) || target === folder)
      if (!inside) found.push(`${name} imports ${target}`)
    }
    if (rule.pure && !name.endsWith('-for-test.ts')) {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      const hit = impure.exec(code)
      if (hit) found.push(`${name} uses ${hit[1]}: hand time, ids and chance in as arguments`)
    }
  }
  return found
}

describe('the house keeps its walls', () => {
  it.each(rules)('$folder imports only what it may', (rule) => {
    expect(
      violations(rule),
      `allowed besides itself: ${rule.may.join(', ') || 'nothing'} (see server/boundaries.test.ts)`,
    ).toEqual([])
  })

  it('has a README in every folder that holds code', () => {
    const folders = new Set(
      ['app', 'client', 'components', 'server', 'probe', 'cli', 'e2e', 'prisma'].flatMap(foldersWithCode),
    )
    const missing = [...folders].filter((folder) => !readdirSync(path.join(root, folder)).includes('README.md'))
    expect(missing, 'three to six lines: what lives here, what it may import, where to start').toEqual([])
  })

  it('has nobody import the composition root', () => {
    const importers = ['server', 'client', 'probe', 'cli', 'components', 'app']
      .flatMap(filesOf)
      .filter((file) => importsOf(readFileSync(file, 'utf8')).some((specifier) => /(^|\/)main(\.ts)?$/.test(specifier)))
    expect(importers.map((file) => path.relative(root, file))).toEqual([])
  })
})

/** Folders two levels deep at most: Next's route folders are the address bar's business, not the reader's. */
function foldersWithCode(top: string): string[] {
  const own = readdirSync(path.join(root, top), { withFileTypes: true })
  const found = own.some((entry) => entry.isFile()) ? [top] : []
  if (top === 'app' || top === 'prisma') return found
  for (const entry of own) {
    if (!entry.isDirectory() || entry.name === 'generated') continue
    const folder = path.join(top, entry.name)
    if (readdirSync(path.join(root, folder)).some((file) => /\.(tsx?|mjs)$/.test(file))) found.push(folder)
  }
  return found
}
