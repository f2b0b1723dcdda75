// Sessions of a state as the API lists them: of now and of any moment alike.
import { projectDetail } from '../model/project-detail.ts'
import { projectRow } from '../model/project-row.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import type { SessionDetail, SessionRow } from '../protocol/browser-messages.ts'
import { riskNow } from '../protocol/flag.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { SessionPage, SessionPageQuery } from './ports.ts'

export function sessionPageOf(
  from: ConsoleState,
  { state, minRisk = 0, q, limit, cursor }: SessionPageQuery,
  nowMs: number,
): SessionPage {
  const states = state === undefined ? undefined : new Set(state.split(','))
  const needle = q?.toLowerCase()
  const page: SessionRow[] = []
  let nextCursor: number | null = null
  // Newest first by the log's order: a source's clock cannot move a session up or down.
  const all = [...from.sessions.values()].sort((a, b) => b.firstSeq - a.firstSeq)
  for (const session of all) {
    if (cursor !== undefined && session.firstSeq >= cursor) continue
    const row = projectRow(from, session)
    if (states && !states.has(row.state)) continue
    if (minRisk > 0 && (row.risk === undefined || riskNow(row.risk, nowMs) < minRisk)) continue
    if (needle && !textOf(row).includes(needle)) continue
    if (page.length === limit) {
      nextCursor = from.sessions.get(page[page.length - 1]?.session as SessionId)?.firstSeq ?? 0
      break
    }
    page.push(row)
  }
  return { sessions: page, nextCursor }
}

export function sessionDetailOf(
  state: ConsoleState | undefined,
  id: SessionId,
  history: SampleHistory,
): SessionDetail | undefined {
  const session = state?.sessions.get(id)
  return state && session && projectDetail(state, session, history)
}

function textOf(row: SessionRow): string {
  return [row.session, row.name, row.agent, row.task, row.host].join('\n').toLowerCase()
}
