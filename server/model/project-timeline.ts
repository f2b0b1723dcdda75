// What happened around an incident, from the facts of its sessions: spans with their ends, moments, and what was tied to which action. Pure.
import type { EventKind, StoredEvent } from '../protocol/event.ts'
import { isPage } from '../protocol/flag.ts'
import type { GapSpan } from '../protocol/gap-view.ts'
import { type TimelineItem, type TimelineTone, timelineItemsMax } from '../protocol/incident-timeline.ts'
import { maskValue } from '../protocol/secrets.ts'
import { cutText } from '../protocol/text.ts'
import { spanOfGap } from './gap-spans.ts'

const labelMax = 160
const detailMax = 800

/** Few, and what an incident is told by: read first, so that no flood of the others keeps them out. */
export const timelineRareKinds = [
  'alert.raised',
  'flag.raised',
  'attribution.made',
  'control.requested',
  'control.ended',
  'session.observed',
  'approval.requested',
  'approval.decided',
  'gap.recorded',
  'process.escaped',
  'gpu.process.started',
  'gpu.process.ended',
] as const satisfies readonly EventKind[]

export const timelineCommonKinds = [
  'action.started',
  'action.ended',
  'gate.decided',
  'process.started',
  'process.executed',
  'process.exited',
  'connection.opened',
  'connection.closed',
  'gpu.process.reported',
] as const satisfies readonly EventKind[]

/** In any order; an end without its beginning is left out, for what began before is not known to belong here. Sorted by the source's time. */
export function projectTimeline(events: readonly StoredEvent[]): TimelineItem[] {
  const drawing = new Drawing()
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) drawing.add(maskedEvent(event))
  return drawing.items().slice(0, timelineItemsMax)
}

/** A secret in a command is no viewer's: as everywhere, it is masked on the way out. */
function maskedEvent(event: StoredEvent): StoredEvent {
  return { ...event, data: maskValue(event.data, {}) } as StoredEvent
}

type Wanted = Pick<TimelineItem, 'lane' | 'label'> & {
  detail?: string
  tone?: TimelineTone
  form?: 'span'
  at?: number
}

class Drawing {
  readonly #items: TimelineItem[] = []
  /** What lasts, by what its end names it with. */
  readonly #open = new Map<string, TimelineItem>()
  readonly #actions = new Map<string, TimelineItem>()
  /** The newest conclusion of a fact counts: earlier ones leave. */
  readonly #tied = new Map<string, TimelineItem>()
  /** By their own id: what was concluded of a fact that is drawn is told at that fact. */
  readonly #facts = new Map<string, TimelineItem>()

  add(event: StoredEvent): void {
    switch (event.kind) {
      case 'action.started': {
        const { call, tool, input, summary } = event.data
        const item = this.#put(event, {
          lane: 'agent',
          form: 'span',
          label: `${tool}: ${summary ?? input}`,
          detail: summary ?? input,
        })
        this.#open.set(keyOf(event, 'call', call), item)
        this.#actions.set(keyOf(event, 'call', call), item)
        return
      }
      case 'action.ended':
        return this.#end(keyOf(event, 'call', event.data.call), event)
      case 'gate.decided':
        if (event.data.decision === 'allow') return
        this.#tie(
          this.#put(event, {
            lane: 'agent',
            label: `${event.data.tool} denied`,
            detail: event.data.reason,
            tone: 'frozen',
          }),
          event.data.call,
        )
        return
      case 'process.started': {
        const { pid, startTicks, comm, argv, ppid } = event.data
        const item = this.#put(event, {
          lane: 'process',
          form: 'span',
          label: `${comm} ${pid}`,
          detail: `${argv.join(' ')}\nstarted by ${ppid}`,
        })
        this.#open.set(keyOf(event, 'pid', pid, startTicks), item)
        return
      }
      case 'process.executed': {
        const { pid, startTicks, comm, argv } = event.data
        const item = this.#open.get(keyOf(event, 'pid', pid, startTicks))
        if (!item) return
        item.label = cutText(`${comm} ${pid}`, labelMax)
        item.detail = cutText(`${argv.join(' ')}\nbefore: ${item.detail}`, detailMax)
        return
      }
      case 'process.exited':
        return this.#end(keyOf(event, 'pid', event.data.pid, event.data.startTicks), event)
      case 'process.escaped':
        this.#put(event, {
          lane: 'process',
          label: `${event.data.pid} is outside the session’s cgroup`,
          detail: event.data.cgroup,
          tone: 'critical',
        })
        return
      case 'connection.opened': {
        const { connection, remote, state, comm, protocol, direction } = event.data
        const item = this.#put(event, {
          lane: 'network',
          form: 'span',
          label: `${remote.address.includes(':') ? `[${remote.address}]` : remote.address}:${remote.port} ${state}`,
          detail: [protocol, direction, comm].filter(Boolean).join(' · '),
        })
        this.#open.set(keyOf(event, 'connection', connection), item)
        return
      }
      case 'connection.closed':
        return this.#end(keyOf(event, 'connection', event.data.connection), event)
      case 'alert.raised': {
        const { title, message, severity, action } = event.data
        this.#put(event, {
          lane: 'firewall',
          label: title,
          detail: [message, action].filter(Boolean).join('\n'),
          tone: severity === 'critical' || severity === 'high' ? 'critical' : 'warn',
        })
        return
      }
      case 'attribution.made':
        return this.#attribute(event)
      case 'flag.raised': {
        const { title, severity, rule, matched, call } = event.data
        const item = this.#put(event, {
          lane: 'flags',
          label: title,
          detail: [`${severity} · ${rule}`, ...matched.map(({ field, value }) => `${field}: ${value}`)].join('\n'),
          tone: isPage(severity) ? 'critical' : 'warn',
        })
        this.#tie(item, call)
        return
      }
      case 'control.requested': {
        const { action, capability, by, reason } = event.data
        this.#put(event, {
          lane: 'operators',
          label: `${by.name} asked: ${[action, capability].filter(Boolean).join(' ')}`,
          detail: reason ?? 'no reason was given',
          tone: 'warn',
        })
        return
      }
      case 'control.ended': {
        const { outcome, observed, observedFrom, detail, left } = event.data
        const isWhole = outcome === 'enforced'
        this.#put(event, {
          lane: 'operators',
          label: isWhole && observed !== undefined ? `Enforced: ${observed}` : `Control ${outcome}`,
          detail: [observedFrom, detail, ...(left ?? [])].filter(Boolean).join('\n'),
          tone: isWhole ? 'frozen' : outcome === 'partial' || outcome === 'failed' ? 'critical' : 'plain',
        })
        return
      }
      case 'session.observed':
        this.#put(event, {
          lane: 'operators',
          label: `Read: ${event.data.observed}`,
          detail: event.data.observedFrom,
          tone: event.data.paused ? 'frozen' : 'plain',
        })
        return
      case 'approval.requested': {
        const { tool, policy, call, input } = event.data
        this.#tie(
          this.#put(event, {
            lane: 'operators',
            label: `${tool} waits for a person`,
            detail: `${policy}\n${input}`,
            tone: 'warn',
          }),
          call,
        )
        return
      }
      case 'approval.decided':
        this.#put(event, {
          lane: 'operators',
          label: `${event.data.by.name}: ${event.data.decision}`,
          detail: event.data.reason ?? '',
        })
        return
      case 'gap.recorded':
        this.#items.push(timelineItemOfGap(spanOfGap(event), event.kind))
        return
      case 'gpu.process.started':
        this.#use(event, event.data, event.data.comm)
        return
      case 'gpu.process.reported': {
        // A listing tells that it is there, not since when nor until when: it lasts from the first that names it to the newest.
        const { gpu, index, pid, name } = event.data
        const item = this.#open.get(keyOf(event, 'gpu', gpu, pid)) ?? this.#use(event, { gpu, index, pid }, name ?? '')
        if (item.kind !== event.kind) return
        item.endAtMs = Math.max(item.atMs, event.atMs)
        item.endSeenAtMs = Math.max(item.seenAtMs, event.seenAtMs)
        return
      }
      case 'gpu.process.ended':
        return this.#end(keyOf(event, 'gpu', event.data.gpu, event.data.pid), event)
    }
  }

  items(): TimelineItem[] {
    return this.#items.filter((item) => !this.#replaced.has(item)).sort((a, b) => a.atMs - b.atMs)
  }

  readonly #replaced = new Set<TimelineItem>()

  #use(
    event: StoredEvent,
    { gpu, index, pid }: { gpu: string; index?: number | undefined; pid: number },
    name: string,
  ) {
    const item = this.#put(event, {
      lane: 'gpu',
      form: 'span',
      label: `${name} ${pid}`.trim(),
      detail: `computes on GPU ${index ?? gpu} of ${event.host ?? 'a host that was not named'}`,
    })
    this.#open.set(keyOf(event, 'gpu', gpu, pid), item)
    return item
  }

  #attribute(event: Extract<StoredEvent, { kind: 'attribution.made' }>): void {
    const { subjects, about, source, vouchedBy, severity, startedAtMs, level, call, score, features } = event.data
    const [first] = subjects
    if (!first) return
    const earlier = this.#tied.get(first.event)
    if (earlier) this.#replaced.add(earlier)
    const told = this.#facts.get(first.event)
    if (told) {
      delete told.tie
      delete told.tiedBeyond
    }
    // It says that an earlier tie no longer holds.
    if (level === undefined) return
    const isAlert = first.kind === 'alert.raised'
    const item =
      told ??
      this.#put(event, {
        lane: isAlert || vouchedBy === 'firewall' ? 'firewall' : 'network',
        at: startedAtMs ?? first.atMs,
        label: about,
        detail: [
          source,
          score === undefined ? level : `${level}, ${Math.round(score * 100)}%`,
          ...features.map(({ name }) => name),
        ]
          .filter(Boolean)
          .join(' · '),
        tone: severity === 'critical' || severity === 'high' ? 'critical' : isAlert ? 'warn' : 'plain',
      })
    if (!told) {
      item.trust = vouchedBy ?? event.trust
      this.#tied.set(first.event, item)
    }
    this.#tie(item, call, level)
  }

  #put(event: StoredEvent, { lane, label, detail = '', tone = 'plain', form, at }: Wanted): TimelineItem {
    const item: TimelineItem = {
      id: event.id,
      lane,
      form: form ?? 'moment',
      atMs: at ?? event.atMs,
      seenAtMs: event.seenAtMs,
      label: cutText(label, labelMax),
      detail: cutText(detail, detailMax),
      tone,
      trust: event.trust,
      kind: event.kind,
      ...(event.session !== undefined && { session: event.session }),
    }
    this.#items.push(item)
    this.#facts.set(event.id, item)
    return item
  }

  /** What was flagged by something is drawn as what it is. */
  #tie(item: TimelineItem, call: string | undefined, level?: 'confirmed' | 'likely' | 'possible'): void {
    const action = call === undefined ? undefined : this.#actions.get(`${item.session ?? ''} call ${call}`)
    if (!action) {
      // Only where something was concluded: what names a call by itself may name one that was denied and never ran.
      if (call !== undefined && level !== undefined) item.tiedBeyond = true
      return
    }
    item.tie = { to: action.id, ...(level !== undefined && { level }) }
    if (item.lane === 'flags' || item.lane === 'firewall') action.tone = worse(action.tone, item.tone)
  }

  #end(key: string, event: StoredEvent): void {
    const item = this.#open.get(key)
    this.#open.delete(key)
    if (!item) return
    item.endAtMs = Math.max(item.atMs, event.atMs)
    item.endSeenAtMs = Math.max(item.seenAtMs, event.seenAtMs)
  }
}

/** What was not seen, with what is not known of its ends. `kind`: of the fact that tells it. */
export function timelineItemOfGap(span: GapSpan, kind: string): TimelineItem {
  const { id, stream, host, source, session, fromMs, toMs, opensBefore, end, toldAtMs, count, why, trust } = span
  const missing = {
    events: `${count ?? 'an unknown number of'} ${count === 1 ? 'event is' : 'events are'} missing`,
    samples: `${count ?? 'an unknown number of'} ${count === 1 ? 'sample is' : 'samples are'} missing`,
    probe: `${host ?? 'a host'} is not heard`,
    source: `${source ?? 'a source'} is silent`,
  }[stream]
  const ends = [
    opensBefore && 'since when is not known',
    end === 'unknown' && 'until when is not known',
    end === 'goes-on' && 'it goes on',
    span.scope === 'server' && 'whose facts these were is not known',
    span.scope === 'host' && 'it may concern each session of that host',
  ]
  return {
    id,
    lane: 'gaps',
    form: 'span',
    atMs: fromMs,
    seenAtMs: toldAtMs,
    ...(end !== 'goes-on' && { endAtMs: toMs, endSeenAtMs: Math.max(toldAtMs, toMs) }),
    ...(opensBefore && { opensBefore }),
    ...(end === 'unknown' && { opensAfter: true }),
    label: cutText(missing, labelMax),
    detail: cutText([why, ...ends].filter(Boolean).join('\n'), detailMax),
    tone: 'warn',
    trust,
    kind,
    ...(session !== undefined && { session }),
  }
}

const order: readonly TimelineTone[] = ['plain', 'frozen', 'warn', 'critical']

function worse(a: TimelineTone, b: TimelineTone): TimelineTone {
  return order.indexOf(b) > order.indexOf(a) ? b : a
}

/** Numbers of processes and calls are a session's own. */
function keyOf(event: StoredEvent, ...names: readonly (string | number)[]): string {
  return [event.session ?? '', ...names].join(' ')
}
