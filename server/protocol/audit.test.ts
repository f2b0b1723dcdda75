import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AuditLink,
  actorOfEvent,
  auditBodyOf,
  auditCheckStart,
  auditGenesis,
  auditLinkText,
  auditSentence,
  checkAuditHead,
  checkAuditLinks,
} from './audit.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function chainOf(bodies: readonly string[]): AuditLink[] {
  let hash = auditGenesis
  return bodies.map((body, index) => {
    const place = { partition: 0, n: index + 1, body }
    hash = sha256(auditLinkText(hash, place))
    return { ...place, hash }
  })
}

const headOf = (links: readonly AuditLink[]) => {
  const last = links.at(-1)
  return { n: last?.n ?? 0, hash: last?.hash ?? auditGenesis }
}
const check = (links: readonly AuditLink[], known = headOf(links)) =>
  checkAuditHead(checkAuditLinks(auditCheckStart(), links, sha256), known)

const bodies = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 1, maxLength: 30 })

describe('the chain of the audit', () => {
  it('is whole as it was written, in one piece or checked page by page', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (texts, cut) => {
        const links = chainOf(texts)
        const at = cut % (links.length + 1)
        const inPages = checkAuditLinks(
          checkAuditLinks(auditCheckStart(), links.slice(0, at), sha256),
          links.slice(at),
          sha256,
        )
        expect(check(links)).toEqual({ ok: true, checked: texts.length, head: headOf(links) })
        expect(inPages).toEqual(check(links))
      }),
    )
  })

  it('tells the first entry that is gone, wherever it stood, the newest one included', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (texts, pick) => {
        const links = chainOf(texts)
        const gone = pick % links.length
        const left = links.filter((_, index) => index !== gone)
        expect(check(left, headOf(links))).toMatchObject({ ok: false, n: gone + 1 })
      }),
    )
  })

  it('tells the entry whose text, number or hash was changed, and one whose place was swapped', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.string({ minLength: 1 }), (texts, pick, more) => {
        const links = chainOf(texts)
        const at = pick % links.length
        const changed = links.map((link, index) => (index === at ? { ...link, body: link.body + more } : link))
        expect(check(changed)).toMatchObject({ ok: false, n: at + 1, checked: at })
        const swapped = [...links.slice(0, at), ...links.slice(at + 1, at + 2), ...links.slice(at, at + 1)]
        if (at + 1 < links.length) expect(check([...swapped, ...links.slice(at + 2)])).toMatchObject({ ok: false })
      }),
    )
  })

  it('tells a past that was written anew, hashes and all, by the end that is known', () => {
    const known = headOf(chainOf(['a', 'b', 'c']))
    const anew = chainOf(['a', 'X', 'c'])
    const verdict = checkAuditLinks(auditCheckStart(), anew, sha256)
    expect(verdict).toMatchObject({ ok: true })
    expect(verdict.ok && verdict.head.hash).not.toBe(known.hash)
    expect(checkAuditHead(verdict, known)).toMatchObject({ ok: false, n: 3 })
  })
})

describe('what is a deed', () => {
  const base = {
    id: '0B5E2F3A-0000-4000-8000-000000000001' as never,
    atMs: 5,
    session: 'ep-1' as never,
    host: undefined,
  }
  const by = { type: 'operator' as const, id: 'u1', name: 'Ada' }

  it('is an event that says by whom; one that says no more than that is none', () => {
    const data = { by, change: 'key.revoked', subject: 'k1' }
    const body = auditBodyOf({ ...base, kind: 'audit.recorded', data }, 9)
    expect(JSON.parse(body ?? '')).toEqual({
      id: '0b5e2f3a-0000-4000-8000-000000000001',
      seenAtMs: 9,
      atMs: 5,
      kind: 'audit.recorded',
      by,
      session: 'ep-1',
      data,
    })
    expect(actorOfEvent({ kind: 'session.ended', data: { reason: 'by: Ada' } })).toBeUndefined()
    expect(actorOfEvent({ kind: 'session.ended', data: { by: 'Ada' } })).toBeUndefined()
  })

  it('reads as one line', () => {
    const said = { id: 'x', seenAtMs: 9, atMs: 5, by, session: 'ep-1' }
    expect(
      auditSentence({
        ...said,
        kind: 'control.requested',
        data: { action: 'revoke', capability: 'network', reason: 'odd' },
      }),
    ).toBe('revoke network on ep-1: odd')
    expect(auditSentence({ ...said, kind: 'hold.extended', data: { by, control: 'ctl-1' } })).toBe(
      'hold.extended on ep-1 {"control":"ctl-1"}',
    )
  })
})
