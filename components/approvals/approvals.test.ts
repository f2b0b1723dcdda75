// What a person reads of an approval, and what a press of theirs does.
import { describe, expect, it } from 'vitest'
import { ApprovalView } from '../../server/protocol/approval.ts'
import { ann, onCall, t0 } from '../live/given.ts'
import { withNewer, withTold } from '../live/newer-approvals.ts'
import {
  cardState,
  countdownText,
  decidedWords,
  deciderOf,
  headlineTime,
  heldText,
  holdingText,
  peopleText,
  titleOf,
  usedText,
  whyUnheard,
} from './approval-words.ts'
import { couldWords, userText, wordText } from './could-words.ts'
import { actionLine, editedInput, exactAction, isCut, markedParts } from './exact-action.ts'
import { listsOf, neighbourOf } from './list-order.ts'
import { press, takesSecondPress, whyNotApprove, whyNotEdit, whyReadsOnly } from './may-decide.ts'
import { alikeOf, shapeOf } from './shape.ts'
import { startedBefore } from './started-before.ts'

const tunnel = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'

function approval(change: Record<string, unknown> = {}): ApprovalView {
  return ApprovalView.parse({
    approval: 'apr-1',
    session: 'ep-1',
    call: 'c-1',
    tool: 'Bash',
    input: JSON.stringify({ command: tunnel }),
    digest: 'a'.repeat(64),
    severity: 'high',
    people: 1,
    policy: 'What would page waits for a person',
    heldFor: [{ title: 'A reverse tunnel', severity: 'high', matched: [] }],
    askedAtMs: t0,
    expiresAtMs: t0 + 120_000,
    askedBy: { type: 'key', id: 'k-1', name: 'harness' },
    endorsedBy: [],
    used: 0,
    ...change,
  })
}
const decided = (change: Record<string, unknown> = {}) => ({
  decision: 'approved',
  by: ann,
  atMs: t0 + 5_000,
  ...change,
})
const ids = (all: readonly ApprovalView[]) => all.map((each) => each.approval)

describe('a card', () => {
  it('waits until its time is over by the server’s clock, and never counts below zero', () => {
    expect(cardState(approval(), t0, true)).toBe('waiting')
    expect(headlineTime(approval(), 'waiting', t0, undefined)).toBe('denies itself in 2:00')
    expect(cardState(approval(), t0 + 120_000, true)).toBe('over')
    expect(headlineTime(approval(), 'over', t0 + 120_000, undefined)).toBe('its time was over: denied')
    expect([countdownText(-5), countdownText(1), countdownText(202_000), countdownText(3_849_000)]).toEqual([
      '0:00',
      '0:01',
      '3:22',
      '1:04:09',
    ])
  })

  it('shows no clock while the server is not heard: nobody knows whether it still waits', () => {
    expect(cardState(approval(), t0, false)).toBe('unheard')
    // Nor whether it was denied when its time was over: it may have been approved just before.
    expect(cardState(approval(), t0 + 900_000, false)).toBe('unheard')
    const away = whyUnheard({ tone: 'critical', word: 'Not connected', rest: 'showing 14:00:00Z', stale: true })
    expect(headlineTime(approval(), 'unheard', t0, away)).toBe('not connected: nobody knows whether it still waits')
    expect(whyUnheard({ tone: 'warn', word: 'Last heard', rest: '5 s ago', stale: true })).toBe('last heard 5 s ago')
    expect(whyUnheard({ tone: 'ok', word: 'Live', rest: '', stale: false })).toBeUndefined()
  })

  it('stays decided while the server is not heard', () => {
    expect(cardState(approval({ decided: decided() }), t0 + 900_000, false)).toBe('decided')
  })

  it('is called by its first reason, else by the policy that holds it', () => {
    expect(titleOf(approval())).toBe('A reverse tunnel')
    expect(titleOf(approval({ heldFor: [] }))).toBe('What would page waits for a person')
  })

  it('says how many of two people have allowed it', () => {
    expect(peopleText(approval())).toBe('')
    expect(peopleText(approval({ people: 2 }))).toBe('needs 2 people')
    expect(peopleText(approval({ people: 2, endorsedBy: [ann] }))).toBe('needs 2 people · 1 of 2')
  })

  it('says who decided what, and when; nobody where its time was over', () => {
    const words = (change: Record<string, unknown>, me?: string) =>
      decidedWords(approval({ decided: decided(change) }).decided as never, me).sentence
    expect(words({})).toBe('Ann let it run at 14:00:05Z')
    expect(words({}, ann.id)).toBe('You let it run at 14:00:05Z')
    expect(words({ scope: 'hour' })).toBe('Ann let it run for 1 hour at 14:00:05Z')
    expect(words({ decision: 'denied' })).toBe('Ann denied it at 14:00:05Z')
    const clock = { type: 'server', id: 'clock', name: 'its time was up' }
    expect(words({ decision: 'expired', by: clock })).toBe('its time was over: denied, at 14:00:05Z')
    expect(deciderOf(approval({ decided: decided({ decision: 'expired', by: clock }) }).decided as never)).toBe('')
  })

  it('says that nothing of it has run only while the gate of its session is proven, and that it was bypassed where it was', () => {
    const door = { name: 'hook', lastAskedAtMs: t0, lastDecision: 'allow' as const, canaryAtMs: t0 - 60_000 }
    const proven = { doors: [door], ran: 4, unasked: 0, canaryAtMs: t0 - 60_000, lastAskedRanAtMs: t0 }
    expect(heldText({ gate: proven }, t0).words).toContain('nothing of it has run')
    for (const row of [undefined, {}, { gate: { ...proven, lastUnaskedAtMs: t0, unasked: 1 } }])
      expect(heldText(row, t0)).toMatchObject({ words: expect.stringContaining('not proven'), isBypassed: false })
    expect(heldText({ gate: proven }, t0 + 3_600_000).words).toContain('not proven')
    const bypassed = { ...proven, bypassed: { call: 'c', tool: 'Bash', atMs: t0 } }
    expect(heldText({ gate: bypassed }, t0)).toMatchObject({
      words: expect.stringContaining('pause'),
      isBypassed: true,
    })
  })

  it('tells a permission from its use', () => {
    expect(usedText(approval())).toBe('')
    expect(usedText(approval({ decided: decided() }))).toBe('No call has come for it yet.')
    expect(usedText(approval({ decided: decided(), used: 1 }))).toBe('One call was let through with it.')
    expect(usedText(approval({ decided: decided({ decision: 'denied' }) }))).toBe('')
  })
})

describe('the action', () => {
  it('is a command where its input has one, with the other fields beside it', () => {
    expect(exactAction('{"command":"ls","timeout":5}')).toEqual({
      form: 'command',
      text: 'ls',
      field: 'command',
      beside: '{"timeout":5}',
    })
    expect(exactAction('{"cmd":"ls"}')).toMatchObject({ form: 'command', text: 'ls', beside: undefined })
  })

  it('is its input as it is where there is no command in it, and never throws', () => {
    expect(exactAction('{"command":["ls"]}')).toMatchObject({ form: 'json' })
    expect(exactAction('["ls"]')).toMatchObject({ form: 'json' })
    expect(exactAction('not json {')).toEqual({ form: 'text', text: 'not json {' })
    expect(exactAction('"ls"')).toEqual({ form: 'text', text: '"ls"' })
  })

  it('is one line in a list, whatever line feeds are in it', () => {
    expect(actionLine('Bash', JSON.stringify({ command: 'a\n  b' }))).toBe('a b')
    expect(actionLine('Fetch', '{"url":"http://example.net"}')).toBe('Fetch {"url":"http://example.net"}')
  })

  it('keeps all but the command when a command is edited', () => {
    expect(editedInput('{"command":"ls","timeout":5}', 'ls -l')).toEqual({ input: { command: 'ls -l', timeout: 5 } })
  })

  it('is not sent unchanged, empty, or in another form than the tool takes', () => {
    expect(editedInput('{"command":"ls"}', 'ls')).toHaveProperty('wrong')
    expect(editedInput('{"command":"ls"}', ' ')).toHaveProperty('wrong')
    expect(editedInput('{"path":"/a"}', '{"path":')).toHaveProperty('wrong')
    expect(editedInput('{"path":"/a"}', '{"path":"/b"}')).toEqual({ input: { path: '/b' } })
    expect(editedInput('plain', 'other')).toEqual({ input: 'other' })
  })

  it('says when only a part of it is kept', () => {
    expect(isCut('{"a":"… [12 more characters cut]')).toBe(true)
    expect(isCut('{"a":1}')).toBe(false)
  })

  it('is marked where a rule matched, and not where the whole of it did', () => {
    expect(markedParts(tunnel, ['2222:127.0.0.1:22', tunnel]).filter((part) => part.matched)).toEqual([
      { text: '2222:127.0.0.1:22', matched: true },
    ])
    expect(
      markedParts(tunnel, ['-fN', 'ssh'])
        .map((part) => part.text)
        .join(''),
    ).toBe(tunnel)
    expect(markedParts('', ['abc'])).toEqual([])
  })
})

describe('the lists', () => {
  const soon = approval({ approval: 'soon', expiresAtMs: t0 + 10_000 })
  const late = approval({ approval: 'late', expiresAtMs: t0 + 90_000 })
  const done = approval({ approval: 'done', decided: decided() })
  const newer = approval({ approval: 'newer', decided: decided({ atMs: t0 + 9_000 }) })

  it('put what expires soonest first, then what was decided last', () => {
    const lists = listsOf([late, done, soon, newer], new Set())
    expect([ids(lists.waiting), ids(lists.decided)]).toEqual([
      ['soon', 'late'],
      ['newer', 'done'],
    ])
  })

  it('leave what is decided in its place for as long as it is read', () => {
    const over = approval({ ...soon, decided: decided() })
    expect(ids(listsOf([over, late], new Set(['soon'])).waiting)).toEqual(['soon', 'late'])
    expect(ids(listsOf([over, late], new Set()).waiting)).toEqual(['late'])
  })

  it('move no row under a hand: what comes meanwhile stands below', () => {
    expect(ids(listsOf([soon, late], new Set(['late']), ['late']).waiting)).toEqual(['late', 'soon'])
  })

  it('are walked through from the one to the other, and end at their ends', () => {
    const lists = listsOf([soon, done], new Set())
    expect([neighbourOf(lists, undefined, 1), neighbourOf(lists, 'soon', 1), neighbourOf(lists, 'done', 1)]).toEqual([
      'soon',
      'done',
      'done',
    ])
  })

  it('believe whichever word on an approval is newer', () => {
    expect(withNewer([soon], [approval({ ...soon, decided: decided() })])[0]?.decided).toBeDefined()
    const used = approval({ ...soon, decided: decided(), used: 1 })
    expect(withNewer([used], [approval({ ...soon, decided: decided() })])[0]?.used).toBe(1)
  })

  it('take what a frame told before the list has it, and let go of what waits no more though nobody told its end', () => {
    const told = [approval({ approval: 'apr-told', askedAtMs: t0 })]
    expect(ids(withTold({ atMs: t0 - 1_000, approvals: [soon] }, told))).toEqual(['soon', 'apr-told'])
    expect(ids(withTold({ atMs: t0 + 60_000, approvals: [soon] }, told))).toEqual(['soon'])
    // Its benign twin: what was decided is shown as that, however old it is.
    const ended = [approval({ approval: 'apr-told', askedAtMs: t0, decided: decided() })]
    expect(ids(withTold({ atMs: t0 + 60_000, approvals: [soon] }, ended))).toEqual(['soon', 'apr-told'])
  })
})

describe('a press', () => {
  const about = 'apr-1 aaaa approve once'
  const long = 10_000

  it('lets run at once what would page nobody', () => {
    expect(takesSecondPress(approval({ severity: 'medium' }))).toBe(false)
    expect(press(undefined, about, false, t0, long)).toEqual({ does: 'act' })
  })

  it('on what is high or critical only arms, and the second within three seconds acts', () => {
    expect(takesSecondPress(approval({ severity: 'critical' }))).toBe(true)
    const first = press(undefined, about, true, t0, long)
    expect(first).toEqual({ does: 'arm', armed: { about, atMs: t0 } })
    const armed = { about, atMs: t0 }
    expect(press(armed, about, true, t0 + 1_000, long)).toEqual({ does: 'act' })
    expect(press(armed, about, true, t0 + 3_001, long).does).toBe('arm')
  })

  it('twice in one move of the hand is one press', () => {
    expect(press({ about, atMs: t0 }, about, true, t0 + 120, long)).toEqual({ does: 'nothing' })
  })

  it('on one action or scope never counts for another', () => {
    expect(press({ about, atMs: t0 }, 'apr-2 aaaa approve once', true, t0 + 1_000, long).does).toBe('arm')
    expect(press({ about, atMs: t0 }, 'apr-1 aaaa approve hour', true, t0 + 1_000, long).does).toBe('arm')
  })

  it('does nothing to what came under the hand this moment', () => {
    expect(press(undefined, about, false, t0, 100)).toEqual({ does: 'nothing' })
  })
})

describe('who may decide', () => {
  it('a viewer reads and is told who may', () => {
    expect(whyReadsOnly({ id: 'o-3', role: 'viewer' })).toBe(
      'Your role is viewer: it reads. Deciding takes a responder or an admin.',
    )
    expect([whyReadsOnly({ id: 'o-1', role: 'responder' }), whyReadsOnly({ id: 'o-1', role: 'admin' })]).toEqual([
      undefined,
      undefined,
    ])
  })

  it('the first of two people cannot be the second', () => {
    const half = approval({ people: 2, endorsedBy: [onCall] })
    expect(whyNotApprove(half, { id: onCall.id, role: 'admin' })).toMatch(/another person/)
    expect(whyNotApprove(half, { id: ann.id, role: 'admin' })).toBeUndefined()
  })

  it('nobody edits what two must allow, or what is not kept whole', () => {
    expect(whyNotEdit(approval())).toBeUndefined()
    expect(whyNotEdit(approval({ people: 2 }))).toMatch(/two people/)
    expect(whyNotEdit(approval({ input: 'x… [9 more characters cut]' }))).toMatch(/part of it/)
  })
})

describe('what came just before', () => {
  it('is told oldest first, without the held call itself and without what came later', () => {
    const event = (seq: number, call: string, atMs: number, data: Record<string, unknown> = {}) => ({
      seq,
      id: `e-${seq}`,
      kind: 'action.started',
      atMs,
      seenAtMs: atMs,
      trust: 'agent' as const,
      data: { call, tool: 'Bash', input: '{"command":"ip route"}', ...data },
    })
    const lines = startedBefore(
      [
        event(3, 'c-1', t0),
        event(2, 'c-b', t0 - 1, { summary: 'arp -a' }),
        event(1, 'c-a', t0 - 9),
        event(4, 'c-c', t0 + 1),
      ],
      approval(),
    )
    expect(lines.map((line) => line.text)).toEqual(['ip route', 'arp -a'])
  })
})

describe('what holding costs', () => {
  it('is said in GPUs and GPU-minutes, as what it comes to if it was so all the while, and never where no GPU is known', () => {
    expect(holdingText(2, t0, t0 + 90_000)).toBe(
      'Its session keeps 2 GPUs now: 3.0 GPU-min if they have idled since it waits.',
    )
    expect(holdingText(8, t0, t0 + 3_600_000)).toContain('8.00 GPU-h if they have idled')
    expect(holdingText(1, t0, t0 - 5_000)).toContain('1 GPU now: 0.0 GPU-min if it has idled')
    expect(holdingText(0, t0, t0 + 90_000)).toBe('')
  })
})

describe('what it could do', () => {
  it('is our verb, the agent’s text and our note, and a fact without a text stands alone', () => {
    expect(couldWords({ does: 'reach', what: '203.0.113.40', port: 22, note: 'on no allowlist' })).toMatchObject({
      verb: 'reach',
      what: '203.0.113.40',
      rest: 'port 22 · on no allowlist',
    })
    expect(couldWords({ does: 'gain-root', note: 'by the rule: x' })).toMatchObject({
      verb: 'act as root',
      rest: 'by the rule: x',
    })
  })

  it('shows where a word begins and ends, and who it runs as', () => {
    expect(['plain', 'a b', '', '|'].map(wordText)).toEqual(['plain', '"a b"', '""', '"|"'])
    const one = { argv: ['x'], moreWords: 0, runsOn: 'host' }
    expect(userText([one, { ...one, user: 'root' }, { ...one, runsOn: '203.0.113.40' }])).toBe(
      'the session’s own user, root, the session’s own user on 203.0.113.40',
    )
  })
})

describe('requests that are alike', () => {
  const asks = (command: string, change: Record<string, unknown> = {}) =>
    approval({ input: JSON.stringify({ command }), ...change })

  it('go to one target: another address or port makes another shape', () => {
    const to = (target: string) => shapeOf(asks(`ssh -o ConnectTimeout=4 ops@${target} uptime 4711`))
    expect(to('203.0.113.40')).toBe(shapeOf(asks('ssh -o ConnectTimeout=99 ops@203.0.113.40 uptime 7')))
    const targets = [
      '203.0.113.40',
      '198.51.100.7',
      '203.0.113.40:22',
      '203.0.113.40:2222',
      'host:22',
      'host:23',
      '[2001:db8::1]',
      '[2001:db8::2]',
    ]
    expect(new Set(targets.map(to)).size).toBe(targets.length)
  })

  it('differ in numbers alone: another word, folder, tool or reason makes another shape', () => {
    const shape = shapeOf(asks('kill 4711'))
    expect(shapeOf(asks('kill 9', { session: 'ep-2', digest: 'b'.repeat(64) }))).toBe(shape)
    const others = [
      asks('kill -s 9'),
      asks('kill 9', { cwd: '/srv' }),
      asks('kill 9', { tool: 'Terminal' }),
      asks('kill 9', { people: 2 }),
      asks('kill 9', { heldFor: [] }),
    ]
    expect(others.map(shapeOf)).not.toContain(shape)
  })

  it('are never those that cannot be shown whole', () => {
    expect(shapeOf(asks(`echo ${'x'.repeat(3_000)}`))).toBeUndefined()
    // Short as it came, long as it is shown.
    const layered = JSON.stringify({ list: Array.from({ length: 300 }, (_, n) => [[n]]) })
    expect(layered.length).toBeLessThan(2_600)
    expect(shapeOf(approval({ tool: 'Other', input: layered }))).toBeUndefined()
    expect(shapeOf(approval({ input: '{"command":"x… [5000000 more characters cut]' }))).toBeUndefined()
  })

  it('are together only while they wait, and what is alone is in no group', () => {
    const [one, two, other, done] = [
      asks('kill 1', { approval: 'a', expiresAtMs: t0 + 9 }),
      asks('kill 2', { approval: 'b', expiresAtMs: t0 + 5 }),
      asks('ls', { approval: 'c' }),
      asks('kill 3', { approval: 'd', decided: decided() }),
    ]
    const found = alikeOf([one, two, other, done])
    expect([...found.keys()].sort()).toEqual(['a', 'b'])
    expect(ids(found.get('a') ?? [])).toEqual(['b', 'a'])
  })
})
