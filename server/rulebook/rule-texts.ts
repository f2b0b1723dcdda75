// Texts of rules by name: those of files, and those of the console, which stand over a file's of the same name. A text is read once and
// remembered; only what changed is read again, and everything is compiled together.
import { createHash } from 'node:crypto'
import { readRuleFile } from '../detection/sigma/read-rule-file.ts'
import type { Problem, RuleFile } from '../detection/sigma/sigma-rule.ts'
import { compileTexts, type LoadedRules, type RuleText } from '../open-detection.ts'
import { contextDocument, policyDocument, type RuleOrigin } from '../protocol/rule-view.ts'

export type RuleTexts = {
  /** The text that counts; undefined where there is none. */
  text(name: string): string | undefined
  /** The file's own. */
  fileText(name: string): string | undefined
  /** Undefined takes the console's text away. */
  setConsole(name: string, text: string | undefined): void
  hasConsole(name: string): boolean
  /** The console's text stands over a file's. */
  isEdited(name: string): boolean
  /** As it would be with this text under this name; nothing is kept. */
  compile(change?: RuleText): LoadedRules
  /** Of all texts that count, the context's too. */
  fingerprint(): string
  /** One text alone, as it stands among the others. */
  read(text: string, name: string): RuleFile
}

type Remembered = Map<string, { text: string; file: RuleFile }>

/** Our own pack is read once a process, not once a server: it takes seconds, and tests start many. */
const rememberedPack: Remembered = new Map()

export function createRuleTexts(files: readonly RuleText[], fileProblems: readonly Problem[]): RuleTexts {
  const ofFiles = new Map(files.map(({ name, text }) => [name, text]))
  const ofConsole = new Map<string, string>()
  const rememberedHere: Remembered = new Map()
  const rememberedOf = (name: string) =>
    originOf(name) === 'pack' && ofFiles.has(name) ? rememberedPack : rememberedHere

  function read(text: string, name: string): RuleFile {
    const known = rememberedOf(name).get(name)
    if (known?.text === text) return known.file
    return readRuleFile(text, name)
  }

  function remember(text: string, name: string): RuleFile {
    const file = read(text, name)
    rememberedOf(name).set(name, { text, file })
    return file
  }

  return {
    text: (name) => ofConsole.get(name) ?? ofFiles.get(name),
    fileText: (name) => ofFiles.get(name),
    hasConsole: (name) => ofConsole.has(name),
    isEdited: (name) => ofConsole.has(name) && ofFiles.has(name),
    setConsole(name, text) {
      if (text === undefined) ofConsole.delete(name)
      else ofConsole.set(name, text)
    },
    read,
    fingerprint() {
      const hash = createHash('sha256')
      for (const [name, text] of [...new Map([...ofFiles, ...ofConsole])].sort(([a], [b]) => (a < b ? -1 : 1)))
        hash.update(`${name}\n${text.length}\n${text}\n`)
      return hash.digest('hex')
    },
    compile(change) {
      const all = new Map([...ofFiles, ...ofConsole])
      if (change) all.set(change.name, change.text)
      all.delete(contextDocument)
      all.delete(policyDocument)
      const texts = [...all].map(([name, text]) => ({ name, text }))
      const loaded = compileTexts(texts, (text, name) =>
        change?.name === name ? read(text, name) : remember(text, name),
      )
      return { ...loaded, problems: [...fileProblems, ...loaded.problems] }
    },
  }
}

export function originOf(name: string): Exclude<RuleOrigin, 'detector'> {
  if (name.startsWith('pack/')) return 'pack'
  return name.startsWith('folder/') ? 'folder' : 'console'
}
