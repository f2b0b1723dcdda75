// Rules as operators keep them. Every change is durable first and in force at once; what a change would break is refused and said.
import { createHash } from 'node:crypto'
import { DetectionContexts } from '../detection/context/context-schema.ts'
import { contextTemplate, readContexts } from '../detection/context/read-contexts.ts'
import { compileSettings, type RuleSettings, wrongCondition } from '../detection/settings/rule-settings.ts'
import type { ReadShell } from '../detection/shell/shell-reading.ts'
import type { RuleCount } from '../flag-board.ts'
import type { LoadedRules } from '../open-detection.ts'
import { askForAll, type GatePolicy, policyTemplate, readGatePolicy } from '../policy/gate-policy.ts'
import {
  type AutomaticResponse,
  contextDocument,
  exceptionDaysMax,
  policyDocument,
  type RuleCheckView,
  type RuleDetailView,
  type RuleDocumentView,
  type RuleExceptionRequest,
  type RuleProblemView,
  type RuleSettingsRequest,
  type RuleView,
} from '../protocol/rule-view.ts'
import type { RuleExceptionRow, RuleStore } from '../store/rules.ts'
import { checkText } from './check-text.ts'
import { originOf, type RuleTexts } from './rule-texts.ts'
import { type AboutRule, problemViews, ruleIdMax, ruleViews } from './rule-views.ts'
import { type TextAlone, textAlone } from './text-alone.ts'

export type Refused = {
  refused: { status: 404 | 409 | 422; title: string; detail: string; problems?: RuleProblemView[] }
}
type Changed = { name: string; version: number; rules: string[] }

/** What detection runs. */
export type InForce = {
  ruleSet: LoadedRules['ruleSet']
  contexts: DetectionContexts
  settings: RuleSettings
  policy: GatePolicy
}

export type RuleBook = {
  readonly inForce: InForce
  readonly loaded: LoadedRules
  /** Names everything that is in force: the same name, the same flags. */
  fingerprint(): string
  /** Called after every change, with what is in force from now on. */
  onChange(listener: (inForce: InForce) => void): void
  rules(): RuleView[]
  problems(): RuleProblemView[]
  rule(id: string): RuleDetailView | undefined
  /** By the id as flags carry it. */
  automaticOf(flagRule: string): AutomaticResponse | undefined
  set(id: string, request: RuleSettingsRequest): Promise<RuleDetailView | Refused>
  except(id: string, request: RuleExceptionRequest, by: string): Promise<RuleDetailView | Refused>
  removeException(id: string, exception: string): Promise<RuleDetailView | Refused>
  document(name: string, version?: number): Promise<RuleDocumentView | undefined>
  check(name: string, text: string): RuleCheckView
  save(
    change: { name: string; text: string; base: number; note?: string | undefined },
    by: string,
  ): Promise<Changed | Refused>
  remove(name: string, base: number, by: string): Promise<Changed | Refused>
  /** The text as it counts now; undefined where there is none. */
  text(name: string): string | undefined
  /** What is set now with one exception more, which does not end; or what is wrong with it. */
  settingsWith(rule: string, when: RuleExceptionRequest['when']): { settings: RuleSettings } | { wrong: string }
  /** A rules' text with just what it needs of the others. */
  alone(name: string, text: string): TextAlone
}

export type RuleBookOptions = {
  store: RuleStore
  texts: RuleTexts
  readShell: ReadShell
  countOf(rule: string, nowMs: number): RuleCount
  nowMs: () => number
  newId: () => string
  onError: (context: string, error: unknown) => void
}

const dayMs = 86_400_000
const versionsShown = 200
const exceptionsMax = 1_000
/** Exceptions that are over stay in the list for so long. */
const overShownMs = 30 * dayMs
const noContexts = DetectionContexts.parse({})
/** What is no text of rules, and what stands there before anybody wrote one. */
const templates: ReadonlyMap<string, string> = new Map([
  [contextDocument, contextTemplate],
  [policyDocument, policyTemplate],
])

export async function openRuleBook(options: RuleBookOptions): Promise<RuleBook> {
  const { store, texts, readShell, nowMs, newId, onError } = options
  const versions = new Map<string, number>()
  for (const row of await store.newestTexts()) {
    versions.set(row.name, row.version)
    texts.setConsole(row.name, row.text)
  }
  const settings = new Map((await store.settings()).map((row) => [row.rule, row]))
  let exceptions = await store.exceptions()
  let loaded = texts.compile()
  let contexts = contextsNow()
  let policy = policyNow()
  const listeners: ((inForce: InForce) => void)[] = []
  let inForce = assemble()
  /** Changes come one after the other: a version is decided against the newest. */
  let changing: Promise<unknown> = Promise.resolve()

  function contextsNow(): DetectionContexts {
    const read = readContexts(texts.text(contextDocument) ?? '', contextDocument)
    if ('contexts' in read) return read.contexts
    // It was checked when it was written; a newer version of us may be stricter.
    onError('read context.yml', new Error(read.problems[0]?.message ?? 'unreadable'))
    return noContexts
  }

  /** Where none can be read nothing is let through that nobody looked at: fail closed. */
  function policyNow(): GatePolicy {
    const read = readGatePolicy(texts.text(policyDocument) ?? policyTemplate, policyDocument)
    if ('policy' in read) return read.policy
    onError('read policy.yml', new Error(read.problems[0]?.message ?? 'unreadable'))
    return askForAll
  }

  function assemble(): InForce {
    const off = [...settings.values()].filter(({ isEnabled }) => !isEnabled).map(({ rule }) => rule)
    return { ruleSet: loaded.ruleSet, contexts, settings: compileSettings(off, exceptions), policy }
  }

  function changed(): void {
    inForce = assemble()
    for (const listener of listeners) listener(inForce)
  }

  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const mine = changing.then(change)
    changing = mine.catch(() => undefined)
    return mine
  }

  const about: AboutRule = {
    count: (rule) => options.countOf(rule, nowMs()),
    isEnabled: (rule) => settings.get(rule)?.isEnabled ?? true,
    exceptions: (rule) => exceptions.filter((each) => each.rule === rule && nowMs() < each.expiresAtMs).length,
    automatic: (rule) => settings.get(rule)?.automatic,
    isEdited: texts.isEdited,
  }

  function detail(id: string): RuleDetailView | undefined {
    const rule = ruleViews(loaded, about).find((each) => each.id === id)
    if (!rule) return undefined
    const shown = exceptions.filter((each) => each.rule === id && nowMs() < each.expiresAtMs + overShownMs)
    return { rule, exceptions: shown.map(({ rule: _rule, ...view }) => view) }
  }

  /** Undefined while it stands; afterwards the newest version that took it away does. */
  async function addVersion(
    { name, text, base, note }: { name: string; text: string | undefined; base: number; note?: string | undefined },
    by: string,
  ): Promise<Refused | undefined> {
    const newest = versions.get(name) ?? 0
    const row = { name, version: base + 1, text, by, atMs: nowMs(), note: note || undefined }
    if (base !== newest || !(await store.addText(row))) {
      const [last] = await store.versions(name, 1)
      const who = last ? `${last.by} saved version ${last.version} in between` : 'it was changed in between'
      return refuse(409, 'Changed in between', `${who}: look at it, then save yours on top`)
    }
    versions.set(name, row.version)
    texts.setConsole(name, text)
    if (name === contextDocument) contexts = contextsNow()
    else if (name === policyDocument) policy = policyNow()
    else loaded = texts.compile()
    changed()
    return undefined
  }

  function check(name: string, text: string): RuleCheckView {
    if (templates.has(name)) {
      const read = name === contextDocument ? readContexts(text, name) : readGatePolicy(text, name)
      return { rules: [], examples: [], problems: 'problems' in read ? problemViews(read.problems, []) : [] }
    }
    const file = texts.read(text, name)
    return checkText(file, textAlone(file, name, loaded), readShell, () => performance.now())
  }

  return {
    get inForce() {
      return inForce
    },
    get loaded() {
      return loaded
    },
    fingerprint() {
      const hash = createHash('sha256').update(texts.fingerprint())
      hash.update(JSON.stringify([[...settings.values()].map(({ rule, isEnabled }) => [rule, isEnabled]), exceptions]))
      return hash.digest('hex')
    },
    onChange: (listener) => void listeners.push(listener),
    rules: () => ruleViews(loaded, about),
    problems: () => problemViews(loaded.problems, loaded.unsupported),
    rule: detail,
    automaticOf(flagRule) {
      for (const { rule, automatic, isEnabled } of settings.values())
        if (automatic && isEnabled && rule.slice(0, ruleIdMax) === flagRule) return automatic
      return undefined
    },
    set: (id, request) =>
      inTurn(async () => {
        if (!detail(id)) return noSuchRule(id)
        const before = settings.get(id)
        const automatic = request.automatic === undefined ? before?.automatic : (request.automatic ?? undefined)
        const row = { rule: id, isEnabled: request.isEnabled ?? before?.isEnabled ?? true, automatic }
        await store.putSetting(row)
        settings.set(id, row)
        changed()
        return detail(id) ?? noSuchRule(id)
      }),
    except: (id, request, by) =>
      inTurn(async () => {
        if (!detail(id)) return noSuchRule(id)
        const wrong = wrongException(request, nowMs())
        if (wrong !== undefined) return refuse(422, 'Malformed exception', wrong)
        if (exceptions.length >= exceptionsMax)
          return refuse(409, 'Too many exceptions', `${exceptionsMax} at most: remove some first`)
        const row: RuleExceptionRow = { ...request, id: `exc-${newId()}`, rule: id, by, atMs: nowMs() }
        await store.addException(row)
        exceptions = [row, ...exceptions]
        changed()
        return detail(id) ?? noSuchRule(id)
      }),
    removeException: (id, exception) =>
      inTurn(async () => {
        if (!exceptions.some((each) => each.id === exception && each.rule === id))
          return refuse(404, 'No such exception', 'it may have been removed already: look again')
        await store.removeException(exception)
        exceptions = exceptions.filter((each) => each.id !== exception)
        changed()
        return detail(id) ?? noSuchRule(id)
      }),
    async document(name, version) {
      const listed = await store.versions(name, versionsShown)
      const fileText = templates.get(name) ?? texts.fileText(name)
      const older = version === undefined ? undefined : await store.textOf(name, version)
      const text = version === undefined ? (texts.text(name) ?? fileText) : older?.text
      if (text === undefined) return undefined
      return {
        name,
        origin: originOf(name),
        text,
        version: versions.get(name) ?? 0,
        ...(fileText !== undefined && texts.isEdited(name) && { fileText }),
        versions: listed.map((row) => ({
          version: row.version,
          by: row.by,
          atMs: row.atMs,
          isRemoval: row.text === undefined,
          ...(row.note !== undefined && { note: row.note }),
        })),
      }
    },
    check,
    save: (change, by) =>
      inTurn(async () => {
        const { name, text } = change
        const { problems, rules } = check(name, text)
        const wrong = problems.filter((each) => each.construct === undefined)
        if (wrong[0]) {
          const { line, column, message } = wrong[0]
          const detail = `line ${line}, column ${column}: ${message}`
          return { refused: { status: 422, title: 'Not kept: it holds a mistake', detail, problems: wrong } }
        }
        if (!templates.has(name) && rules.length === 0)
          return refuse(422, 'Not kept: no rule that runs', problems[0]?.message ?? 'there is no rule in this text')
        const refused = await addVersion(change, by)
        return refused ?? { name, version: versions.get(name) ?? 0, rules: rules.map(({ id }) => id) }
      }),
    remove: (name, base, by) =>
      inTurn(async () => {
        if (!texts.hasConsole(name))
          return refuse(404, 'Nothing to take away', 'the console has no text of its own under this name')
        const refused = await addVersion({ name, text: undefined, base }, by)
        return refused ?? { name, version: versions.get(name) ?? 0, rules: [] }
      }),
    text: (name) => texts.text(name),
    settingsWith(rule, when) {
      const wrong = wrongWhen(when)
      if (wrong !== undefined) return { wrong }
      const off = [...settings.values()].filter((each) => !each.isEnabled).map((each) => each.rule)
      const tried = { rule, when, why: 'tried out', by: 'a backtest', expiresAtMs: Number.POSITIVE_INFINITY }
      return { settings: compileSettings(off, [tried, ...exceptions]) }
    },
    alone: (name, text) => textAlone(texts.read(text, name), name, loaded),
  }
}

function wrongException({ when, expiresAtMs }: RuleExceptionRequest, nowMs: number): string | undefined {
  if (expiresAtMs <= nowMs) return 'it would be over already: give a time that is still to come'
  if (expiresAtMs > nowMs + exceptionDaysMax * dayMs + 60_000)
    return `it would stand for more than ${exceptionDaysMax} days: what is meant for ever belongs into the rule's text`
  return wrongWhen(when)
}

function wrongWhen(when: RuleExceptionRequest['when']): string | undefined {
  for (const condition of when) {
    const wrong = wrongCondition(condition)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function refuse(status: 404 | 409 | 422, title: string, detail: string): Refused {
  return { refused: { status, title, detail } }
}

function noSuchRule(id: string): Refused {
  return refuse(404, 'No such rule', `no rule with the id "${id.slice(0, 80)}" runs: see GET /api/rules`)
}
