// What the console shows of rules and what operators set about them: on or off, exceptions, an automatic response, texts and their versions,
// and what a changed text would have said of the log (backtest).
import { z } from 'zod'
import { FlagSeverity, FlagVerdict } from './flag.ts'
import { AtMs, SessionId } from './ids.ts'

/** Where a rule comes from: our pack, the operator's folder, a text written in the console, or a detector in our code. */
export const RuleOrigin = z.enum(['pack', 'folder', 'console', 'detector'])
export type RuleOrigin = z.infer<typeof RuleOrigin>

/**
 * What a rule does by itself: a hold that lapses after `minutes` unless a person makes it stand. `pause` freezes the session's processes,
 * `cut-network` revokes its network.
 */
export const AutomaticResponse = z.strictObject({
  action: z.enum(['pause', 'cut-network']),
  minutes: z.int().min(1, 'at least a minute').max(1_440, 'at most a day: it lapses by itself'),
})
export type AutomaticResponse = z.infer<typeof AutomaticResponse>

/** What of a session an exception may ask; anything else is a field of the event, in Sigma's spelling. */
export const sessionFields = ['session', 'host', 'agent', 'run', 'taskSet'] as const

export const ExceptionCondition = z.strictObject({
  field: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a field’s name, such as session, run, Image, DestinationIp'),
  how: z.enum(['equals', 'contains', 'startswith', 'endswith', 'cidr']),
  value: z.string().min(1, 'an empty value would fit everything').max(512),
})
export type ExceptionCondition = z.infer<typeof ExceptionCondition>

/** Days that an exception may stand at most: what is meant for ever belongs into the rule. */
export const exceptionDaysMax = 90

export const RuleExceptionRequest = z.strictObject({
  /** All of them must hold. */
  when: z.array(ExceptionCondition).min(1, 'say when: without a condition the rule would be off').max(8),
  why: z.string().trim().min(3, 'say why in a few words: it stands in what it changes').max(200),
  expiresAtMs: AtMs,
})
export type RuleExceptionRequest = z.infer<typeof RuleExceptionRequest>

const Author = z.string()

export const RuleExceptionView = RuleExceptionRequest.extend({ id: z.string(), by: Author, atMs: AtMs })
export type RuleExceptionView = z.infer<typeof RuleExceptionView>

export const VerdictCounts = z.object({ true: z.number(), false: z.number(), drill: z.number() })
export type VerdictCounts = z.infer<typeof VerdictCounts>

/** Days over which `RuleView` counts. */
export const ruleWindowDays = 7

export const RuleView = z.object({
  id: z.string(),
  title: z.string(),
  severity: FlagSeverity,
  behaviour: z.string().optional(),
  /** A Sigma rule, a Sigma correlation, or a detector that keeps count by itself. */
  kind: z.enum(['rule', 'correlation', 'detector']),
  origin: RuleOrigin,
  /** Name of the text that it stands in, for example `pack/tunnel/ssh.yml`; absent for detectors. */
  document: z.string().optional(),
  /** Its text was changed in the console: the pack's or folder's own does not run. */
  isEdited: z.boolean(),
  isEnabled: z.boolean(),
  /** How many exceptions stand now. */
  exceptions: z.number(),
  automatic: AutomaticResponse.optional(),
  looksAt: z.string(),
  why: z.string().optional(),
  response: z.string().optional(),
  techniques: z.array(z.string()),
  tactics: z.array(z.string()),
  atlas: z.array(z.string()),
  falsePositives: z.array(z.string()),
  /** In the last `ruleWindowDays`, by our clock. */
  flags: z.number(),
  sessions: z.number(),
  lastAtMs: AtMs.optional(),
  /** Flags of each day (UTC), oldest first; `ruleWindowDays` of them. */
  perDay: z.array(z.number()),
  /** What operators said of its flags, of the newest that the server knows. Precision is true / (true + false). */
  verdicts: VerdictCounts,
})
export type RuleView = z.infer<typeof RuleView>

/** A rule or a file that does not run, and why. */
export const RuleProblemView = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  rule: z.string().optional(),
  message: z.string(),
  /** Set where it is valid Sigma that this engine does not do. */
  construct: z.string().optional(),
})
export type RuleProblemView = z.infer<typeof RuleProblemView>

/** `GET /api/rules` */
export const RuleListView = z.object({ rules: z.array(RuleView), problems: z.array(RuleProblemView) })

/** `GET /api/rules/{id}` */
export const RuleDetailView = z.object({
  rule: RuleView,
  /** Newest first; those that are over stay listed for a while. */
  exceptions: z.array(RuleExceptionView),
})
export type RuleDetailView = z.infer<typeof RuleDetailView>

/** `PUT /api/rules/{id}/settings`: what is absent stays. */
export const RuleSettingsRequest = z.strictObject({
  isEnabled: z.boolean().optional(),
  /** null: none. */
  automatic: AutomaticResponse.nullable().optional(),
})
export type RuleSettingsRequest = z.infer<typeof RuleSettingsRequest>

/**
 * Names of texts: `pack/…`, `folder/…` (a text of the console under such a name stands over the file's), `console/…`, and `context.yml`: what
 * operators allow, protect and own.
 */
export const contextDocument = 'context.yml'
export const RuleDocumentName = z
  .string()
  .max(200)
  .regex(
    /^(?:context\.yml|(?:pack|folder|console)\/(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]*\.ya?ml)$/,
    'a name is "console/my-rule.yml": letters, digits, ".", "_", "-", ending in .yml',
  )
/** Of one text. */
export const ruleTextMaxChars = 500_000
export const RuleText = z.string().max(ruleTextMaxChars, 'at most 500,000 characters: split it')

export const RuleDocumentVersion = z.object({
  version: z.number(),
  by: Author,
  atMs: AtMs,
  note: z.string().optional(),
  /** With it the console's text was taken away: the file's own runs again, or nothing. */
  isRemoval: z.boolean(),
})
export type RuleDocumentVersion = z.infer<typeof RuleDocumentVersion>

/** `GET /api/rule-documents/text?name=&version=` */
export const RuleDocumentView = z.object({
  name: z.string(),
  origin: RuleOrigin.exclude(['detector']),
  text: z.string(),
  /** The console's newest version; 0 where it never wrote one. Send it back as `base`. */
  version: z.number(),
  /** The file's own text, where the console's stands over it. */
  fileText: z.string().optional(),
  /** Newest first. */
  versions: z.array(RuleDocumentVersion),
})
export type RuleDocumentView = z.infer<typeof RuleDocumentView>

/** `PUT /api/rule-documents` */
export const RuleDocumentRequest = z.strictObject({
  name: RuleDocumentName,
  text: RuleText,
  /** `version` of what was opened: a newer one in between is a conflict. */
  base: z.int().min(0),
  note: z.string().trim().max(200).optional(),
})

/** One example of a rule's own, played. */
export const RuleExampleView = z.object({
  rule: z.string(),
  expects: z.enum(['fires', 'silent']),
  /** Its beginning. */
  text: z.string(),
  isAsExpected: z.boolean(),
  /** Absent where it did what it should. */
  instead: z.string().optional(),
})
export type RuleExampleView = z.infer<typeof RuleExampleView>

/** `POST /api/rule-documents/check`: what a text would be. It may be kept when `problems` without `construct` is empty. */
export const RuleCheckView = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      severity: FlagSeverity,
      kind: z.enum(['rule', 'correlation']),
      looksAt: z.string(),
    }),
  ),
  problems: z.array(RuleProblemView),
  examples: z.array(RuleExampleView),
})
export type RuleCheckView = z.infer<typeof RuleCheckView>

export const BacktestSide = z.object({
  flags: z.number(),
  sessions: z.number(),
  /** High and critical. */
  pages: z.number(),
})
export type BacktestSide = z.infer<typeof BacktestSide>

export const BacktestFlag = z.object({
  atMs: AtMs,
  session: SessionId.optional(),
  call: z.string().optional(),
  rule: z.string(),
  title: z.string(),
  severity: FlagSeverity,
  /** Hostile text. */
  matched: z.array(z.object({ field: z.string(), value: z.string() })),
  /** What an operator said of it, where the log has this flag. */
  verdict: FlagVerdict.optional(),
})
export type BacktestFlag = z.infer<typeof BacktestFlag>

/** Hours of the log that a backtest may read. */
export const backtestHoursMax = 24 * 7

/** `POST /api/backtests` -> 202; then `GET /api/backtests/{id}`. */
export const BacktestRequest = z.strictObject({
  name: RuleDocumentName,
  text: RuleText,
  hours: z.int().min(1).max(backtestHoursMax),
})

export const BacktestView = z.object({
  id: z.string(),
  name: z.string(),
  by: Author,
  startedAtMs: AtMs,
  hours: z.number(),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  /** Why it failed. */
  problem: z.string().optional(),
  /** Read so far, of about so many. */
  events: z.number(),
  ofEvents: z.number(),
  /** As it runs now, and as the text would have it. Of this text's rules alone; of a context: of all rules. */
  current: BacktestSide,
  edited: BacktestSide,
  /** The first that would be new, and that would be gone. */
  appeared: z.array(BacktestFlag),
  disappeared: z.array(BacktestFlag),
  appearedCount: z.number(),
  disappearedCount: z.number(),
})
export type BacktestView = z.infer<typeof BacktestView>
