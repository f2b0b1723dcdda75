// The marks of one lane from the newest events of its session: what began, how long it took, what was said of it. The agent chooses names,
// texts and times of its actions: texts are cut here, and nothing here throws on a shape it does not know.
import { AtMs } from '../protocol/ids.ts'
import type { ActionClass, LaneMark } from '../protocol/live-view.ts'
import { maskText } from '../protocol/secrets.ts'
import type { Trust } from '../protocol/trust.ts'

/** An event, or one whose data was too large to be read: then `data` is empty. */
export type LaneFact = { seq: number; kind: string; atMs: number; trust: Trust; data: Record<string, unknown> }

export const laneKinds = [
  'action.started',
  'action.ended',
  'flag.raised',
  'approval.requested',
  'approval.decided',
  'session.observed',
  'session.started',
  'session.ended',
  'control.requested',
  'control.ended',
  'gap.recorded',
  'process.escaped',
] as const

export const marksMax = 200
const textMax = 160
/** A secret that begins in what is shown is masked though it ends behind it. */
const lookedAtMax = 1_024
const tooLong = 'too long to be shown here'

const shell = /bash|shell|exec|terminal|command|run|python|ipython|process/i
const files = /read|write|edit|file|glob|grep|notebook|str_replace|patch|view|ls/i
const network = /web|http|fetch|browse|search|url|download|request|net/i

/** By the tool's name alone: it is the agent's word, and says what it asked for, not what happened. */
export function classOfTool(tool: string): ActionClass {
  if (network.test(tool)) return 'network'
  if (shell.test(tool)) return 'shell'
  return files.test(tool) ? 'files' : 'other'
}

/** `facts` ascending by `seq`. `more`: marks that are left out, the oldest. Marks that are over before `sinceMs` are not told. */
export function marksOf(facts: readonly LaneFact[], sinceMs: number): { marks: LaneMark[]; more: number } {
  const marks: LaneMark[] = []
  const calls = new Map<string, LaneMark>()
  const waiting = new Map<string, LaneMark>()
  let paused: LaneMark | undefined
  const add = ({ seq, atMs, trust }: LaneFact, mark: Omit<LaneMark, 'seq' | 'atMs' | 'trust'>): LaneMark => {
    const made = { seq, atMs, trust, ...mark, text: maskText(mark.text.slice(0, lookedAtMax)).text.slice(0, textMax) }
    marks.push(made)
    return made
  }
  for (const fact of facts) {
    const { kind, atMs, data } = fact
    const word = (key: string) => (typeof data[key] === 'string' ? data[key] : '')
    switch (kind) {
      case 'action.started': {
        const tool = word('tool')
        const text = [tool, word('summary') || word('input')].filter(Boolean).join(' ') || `an action ${tooLong}`
        calls.set(word('call'), add(fact, { what: 'action', tool: classOfTool(tool), text, isBad: false }))
        break
      }
      case 'action.ended': {
        const begun = calls.get(word('call'))
        calls.delete(word('call'))
        if (!begun) break
        begun.endMs = Math.max(begun.atMs, atMs)
        begun.isBad = word('outcome') === 'error' || word('outcome') === 'denied'
        if (begun.isBad) begun.text = `${word('outcome')}: ${begun.text}`.slice(0, textMax)
        break
      }
      case 'flag.raised': {
        const isBad = word('severity') === 'high' || word('severity') === 'critical'
        add(fact, { what: 'flag', text: `${word('severity')}: ${word('title') || tooLong}`, isBad })
        break
      }
      case 'approval.requested':
        waiting.set(word('approval'), add(fact, { what: 'waiting', text: `${word('tool')} waits`, isBad: false }))
        break
      case 'approval.decided': {
        const held = waiting.get(word('approval'))
        waiting.delete(word('approval'))
        if (!held) break
        held.endMs = Math.max(held.atMs, atMs)
        held.text = `${held.text.replace(/ waits$/, '')} waited, ${word('decision')}`.slice(0, textMax)
        break
      }
      case 'session.observed':
        if (data.paused === true) paused ??= add(fact, { what: 'paused', text: 'paused, as read', isBad: false })
        else {
          if (paused) paused.endMs = Math.max(paused.atMs, atMs)
          paused = undefined
        }
        break
      case 'session.started':
        add(fact, { what: 'begin', text: 'began', isBad: false })
        break
      case 'session.ended': {
        const exit = typeof data.exitCode === 'number' ? `, exit ${data.exitCode}` : ''
        add(fact, { what: 'end', text: `ended${exit}`, isBad: exit !== '' && data.exitCode !== 0 })
        // What an ended session had begun goes on no more; when it stopped nobody said.
        for (const each of [...calls.values(), ...waiting.values(), ...(paused ? [paused] : [])])
          each.endMs = Math.max(each.atMs, atMs)
        calls.clear()
        waiting.clear()
        paused = undefined
        break
      }
      case 'control.requested':
        add(fact, { what: 'control', text: `${word('action')} asked`, isBad: false })
        break
      case 'control.ended':
        if (word('outcome') === 'failed' || word('outcome') === 'partial')
          add(fact, { what: 'control', text: `a control ended ${word('outcome')}`, isBad: true })
        break
      case 'gap.recorded': {
        const from = AtMs.safeParse(data.fromMs).data ?? atMs
        const to = AtMs.safeParse(data.toMs).data ?? atMs
        const count = typeof data.count === 'number' ? `${data.count} ` : ''
        const mark = add(fact, {
          what: 'gap',
          text: `${count}${word('stream')} missing: ${word('reason')}`,
          isBad: true,
        })
        mark.atMs = Math.min(from, to)
        mark.endMs = Math.max(from, to)
        break
      }
      case 'process.escaped':
        add(fact, { what: 'escape', text: 'a process left its cgroup', isBad: true })
        break
    }
  }
  const isLong = (mark: LaneMark) => mark.what === 'action' || mark.what === 'waiting' || mark.what === 'paused'
  const onAxis = marks
    .filter((mark) => (mark.endMs ?? (isLong(mark) ? Number.POSITIVE_INFINITY : mark.atMs)) >= sinceMs)
    .sort((a, b) => a.atMs - b.atMs || a.seq - b.seq)
  return { marks: onAxis.slice(-marksMax), more: Math.max(0, onAxis.length - marksMax) }
}
