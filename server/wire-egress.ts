// Destinations and allowlists, with the rule book, the table and the log put together. An allowlist is a part of context.yml: its versions,
// its check and its being in force at once are the rule book's.

import { keepDestinations } from './destination-keeper.ts'
import { destinationDetail, destinationFigures, destinationPage, rowOf } from './destination-list.ts'
import { createCoverage, entriesOf } from './destination-views.ts'
import { DetectionContexts } from './detection/context/context-schema.ts'
import { addEntry, removeEntry } from './detection/context/edit-allowlist.ts'
import { readContexts } from './detection/context/read-contexts.ts'
import type { Store } from './open-store.ts'
import type { Pipeline } from './pipeline.ts'
import type { SessionId } from './protocol/ids.ts'
import type { LiveFigures } from './protocol/live-view.ts'
import { contextDocument, type RuleDocumentVersion } from './protocol/rule-view.ts'
import type { RuleBook } from './rulebook/rule-book.ts'
import type { EgressPort } from './web/egress-routes.ts'

export type WireEgressOptions = {
  pipeline: Pipeline
  store: Store
  book: RuleBook
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

const changesShown = 50
const answersForMs = 1_000
const answersMax = 64

const noLists = DetectionContexts.parse({})
const isFirst = (version: RuleDocumentVersion | undefined) => version === undefined || version.version === 1

type Lists = {
  contexts: DetectionContexts
  of: 'then' | 'now'
  version: number
  /** By then, newest first. */
  changes: RuleDocumentVersion[]
}

export function wireEgress({ pipeline, store, book, nowMs, onError }: WireEgressOptions) {
  const keeper = keepDestinations({
    pipeline,
    kept: store.destinations.kept,
    headSeq: store.log.headSeq(),
    readLog: store.readLog,
    write: store.destinations.write,
    onError,
  })
  const destinations = keeper.book
  const coverage = createCoverage()
  const isRevoked = (id: string) =>
    pipeline.state.sessions.get(id as SessionId)?.readings.get('network')?.restricted === true

  const shelf = () => ({
    rows: destinations.rows(),
    size: destinations.size(),
    forgotten: destinations.forgotten(),
    isReading: keeper.isReading(),
  })
  const seenAs = (now: number) => ({ nowMs: now, contexts: book.inForce.contexts, coverage, isRevoked })

  /** Every open page asks every few seconds, most of them the same: one answer serves them all for a moment. */
  const answers = new Map<string, { atMs: number; contexts: object; page: ReturnType<EgressPort['list']> }>()

  const port: EgressPort = {
    list(query) {
      const now = nowMs()
      const key = JSON.stringify(query)
      const { contexts } = book.inForce
      const known = answers.get(key)
      if (known?.contexts === contexts && Math.abs(now - known.atMs) < answersForMs) return known.page
      const page = destinationPage(shelf(), query, seenAs(now))
      if (answers.size >= answersMax) answers.clear()
      answers.set(key, { atMs: now, contexts, page })
      return page
    },
    get(key) {
      const row = rowOf(destinations, key)
      return row && destinationDetail(row, seenAs(nowMs()))
    },
    listsAt,
    async allowlists(atMs) {
      const document = await book.document(contextDocument)
      const then = atMs === undefined ? undefined : await listsAt(atMs)
      return {
        version: then?.version ?? document?.version ?? 0,
        entries: entriesOf(then?.contexts ?? book.inForce.contexts),
        changes: (then?.changes ?? document?.versions ?? [])
          .slice(0, changesShown)
          .map(({ version, by, atMs, note }) => ({ version, by, atMs, ...(note !== undefined && { note }) })),
        ...(then && { lists: then.of }),
      }
    },
    allow: ({ base, scope, name, ...entry }, by) =>
      change(base, by, `allowed ${entry.to} for ${placeWords(scope, name)}`, (text) =>
        addEntry(text, { scope, name }, entry),
      ),
    disallow: ({ base, scope, name, index, to }, by) =>
      change(base, by, `no longer allowed ${to} for ${placeWords(scope, name)}`, (text) =>
        removeEntry(text, { scope, name }, index, to),
      ),
  }

  /** The lists that were in force at a moment, where a version of then is kept; else those of now, and that is said. */
  async function listsAt(atMs: number): Promise<Lists> {
    const document = await book.document(contextDocument)
    const changes = (document?.versions ?? []).filter((each) => each.atMs <= atMs)
    const now = { contexts: book.inForce.contexts, of: 'now' as const, version: document?.version ?? 0, changes }
    const [then] = changes
    // Before anybody wrote one nothing was expected; of a list with many versions the oldest are not looked at.
    if (then === undefined)
      return isFirst(document?.versions.at(-1)) ? { ...now, contexts: noLists, of: 'then', version: 0 } : now
    if (then === document?.versions[0]) return { ...now, of: 'then' }
    const text = then.isRemoval ? '' : ((await book.document(contextDocument, then.version))?.text ?? '')
    const read = readContexts(text, contextDocument)
    return 'contexts' in read ? { contexts: read.contexts, of: 'then', version: then.version, changes } : now
  }

  async function change(base: number, by: string, note: string, edit: (text: string) => ReturnType<typeof addEntry>) {
    const document = await book.document(contextDocument)
    const edited = edit(document?.text ?? '')
    if ('wrong' in edited) {
      const status = edited.isConflict ? (409 as const) : (422 as const)
      return { refused: { status, title: 'Not kept', detail: edited.wrong } }
    }
    const saved = await book.save({ name: contextDocument, text: edited.text, base, note: note.slice(0, 200) }, by)
    return 'refused' in saved ? saved : { version: saved.version, note }
  }

  /** The one figure on Live. */
  const figures = (now: number): LiveFigures['destinations'] =>
    destinationFigures(
      {
        rows: destinations.rows(),
        size: destinations.size(),
        forgotten: destinations.forgotten(),
        isReading: keeper.isReading(),
      },
      now,
    )

  return { port, figures, close: keeper.close }
}

function placeWords(scope: 'all' | 'taskSet' | 'run', name: string): string {
  return scope === 'all' ? 'all sessions' : `${scope === 'run' ? 'run' : 'task set'} ${name}`
}
