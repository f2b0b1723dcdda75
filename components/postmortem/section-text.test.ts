// given a text that carries markup, when it is drawn, then it is text: nothing runs, nothing is fetched, and no link leaves the console.
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import { citationOf } from '../../server/protocol/postmortem-section.ts'
import { SectionText } from './section-text.tsx'

const factId = '0b5e2f3a-0000-4000-8000-000000000001'
const evil =
  '</pre><script>alert(1)</script><img src=x onerror=alert(1)> ![i](http://evil.example/p.png) [x](javascript:alert(1)) [y](//evil.example) \u202egnp.exe'
const fact = {
  id: factId,
  lane: 'agent',
  form: 'span',
  atMs: 1,
  seenAtMs: 2,
  label: evil,
  detail: evil,
  tone: 'critical',
  trust: 'agent',
  kind: 'action.started',
  session: `ep-1"><script>x</script>`,
} as unknown as TimelineItem
const drawn = (text: string) =>
  renderToStaticMarkup(createElement(SectionText, { text, itemOf: (id: string) => (id === factId ? fact : undefined) }))

describe('a section of a postmortem on the page', () => {
  it('draws markup in a person’s words and in a cited fact’s as text', () => {
    const html = drawn(`${evil}\n# ${evil}\n- ${evil}\n${citationOf(factId)}`)
    expect(html).not.toMatch(/<(script|img|iframe|style)/i)
    expect(html).not.toContain('\u202e')
    const targets = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)
    expect(targets).toEqual([`/sessions/${encodeURIComponent(fact.session ?? '')}?at=2`])
    expect(html).toContain('written by the agent, not verified')
  })

  it('says of a fact that is not there that it is not', () => {
    expect(drawn(citationOf(factId.replace('1', '2')))).toContain('not in the timeline')
  })
})
