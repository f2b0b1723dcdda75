// Each channel against a stand-in on loopback that answers as the real one does: real HTTP, a real SMTP server, nothing replaced in the product.
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { createReach } from '../enforce/reach.ts'
import { closeAll, rigSecret, vaultThat, verifies } from '../enforcement-rig.test-fixture.ts'
import { inertText } from '../protocol/inert-text.ts'
import type { Envelope } from './channel.ts'
import { emailChannel } from './email.ts'
import type { Message } from './message.ts'
import { messageOf } from './message.ts'
import { pagerdutyChannel } from './pagerduty.ts'
import { signedWebhookChannel } from './signed-webhook.ts'
import { escapeSlack, slackChannel } from './slack.ts'

afterEach(closeAll)
const anywhere = createReach({ loopback: true })

const nowMs = 1_800_000_000_000
const hostile = '<!channel> *click* <https://evil.example|here> \u202eexe.txt\r\nBcc: all@example.com'

function envelope(
  step: Message['step'] = 'trigger',
  consoleUrl: string | undefined = 'https://vigil.example',
): Envelope {
  const message = messageOf(
    {
      key: 'session:ep-1',
      about: 'session',
      state: 'open',
      severity: 'critical',
      sinceMs: nowMs,
      mark: '',
      title: 'A session was flagged (1 flag that page)',
      said: [hostile, 'x'.repeat(5_000)],
      session: 'ep-1' as never,
      path: '/sessions/ep-1',
      because: step === 'resolve' ? 'every flag was judged to be noise or a drill' : undefined,
    },
    step === 'test' ? 'trigger' : step,
  )
  return { id: 'ntf-1', dedupKey: 'session:ep-1@1', message: { ...message, step }, consoleUrl, nowMs }
}
const standIn = (answer: Parameters<typeof vaultThat>[0]) => vaultThat(answer)

describe('Slack (a stand-in for its incoming webhook)', () => {
  it('gets what happened, with a link of ours, and nothing that an agent wrote can become a mention or a link', async () => {
    const slack = await standIn(() => ({ status: 200 }))
    expect(await slackChannel(`${slack.origin}/services/T/B/x`, anywhere)(envelope())).toMatchObject({
      ok: true,
      status: 200,
    })
    const [got] = slack.received
    const body = JSON.parse(got?.body ?? '') as { text: string; blocks: { text: { type: string; text: string } }[] }
    expect(body.text).not.toMatch(/[<>]/)
    const marked = body.blocks.filter((each) => each.text.type !== 'plain_text')
    expect(marked.map((each) => each.text.text)).toEqual(['<https://vigil.example/sessions/ep-1|Open it in Vigil>'])
    const quoted = body.blocks.find((each) => each.text.text.startsWith('Written by the agent'))?.text.text ?? ''
    expect(quoted).toContain('<!channel>')
    expect(quoted).toContain('⟨U+202E⟩')
    expect(quoted).toContain('more characters cut')
    expect(quoted.length).toBeLessThan(1_000)
    for (const { text } of body.blocks) expect(text.text.length).toBeLessThanOrEqual(3_000)
  })

  it('is told where to look although nobody said under which address the console is', async () => {
    const slack = await standIn(() => ({ status: 200 }))
    await slackChannel(slack.origin, anywhere)({ ...envelope(), consoleUrl: undefined })
    expect(slack.received[0]?.body).toContain('its address is not set')
  })

  it('that refuses is quoted, and one that is too busy says for how long', async () => {
    const slack = await standIn((_request, count) =>
      count === 1 ? { status: 404, body: 'no_service' } : { status: 429, headers: { 'retry-after': '30' } },
    )
    const channel = slackChannel(slack.origin, anywhere)
    expect(await channel(envelope())).toMatchObject({
      ok: false,
      status: 404,
      detail: expect.stringContaining('no_service'),
    })
    expect(await channel(envelope())).toMatchObject({ ok: false, status: 429, retryAfterMs: 30_000 })
  })

  it('that sends us elsewhere is not followed', async () => {
    const slack = await standIn(() => ({ status: 302, headers: { location: 'http://169.254.169.254/' } }))
    const outcome = await slackChannel(slack.origin, anywhere)(envelope())
    expect(outcome).toMatchObject({ ok: false, detail: expect.stringContaining('redirects are not followed') })
    expect(slack.received).toHaveLength(1)
  })

  it('reads no markup in text that was escaped', () => {
    expect(escapeSlack('<!channel> & <@U1>')).toBe('&lt;!channel&gt; &amp; &lt;@U1&gt;')
  })
})

describe('PagerDuty (a stand-in for the Events API v2)', () => {
  it('gets trigger, acknowledge and resolve under one dedup key', async () => {
    const pagerduty = await standIn(() => ({ status: 202, body: { status: 'success' } }))
    const channel = pagerdutyChannel(`${pagerduty.origin}/v2/enqueue`, 'R0123456789', anywhere)
    for (const step of ['trigger', 'acknowledge', 'resolve'] as const)
      expect(await channel(envelope(step))).toMatchObject({ ok: true, status: 202 })
    const bodies = pagerduty.received.map((each) => JSON.parse(each.body))
    expect(bodies.map((each) => [each.event_action, each.dedup_key, each.routing_key])).toEqual([
      ['trigger', 'vigil:session:ep-1@1', 'R0123456789'],
      ['acknowledge', 'vigil:session:ep-1@1', 'R0123456789'],
      ['resolve', 'vigil:session:ep-1@1', 'R0123456789'],
    ])
    expect(bodies[0]).toMatchObject({
      payload: { severity: 'critical', source: 'ep-1' },
      client_url: 'https://vigil.example/sessions/ep-1',
    })
  })

  it('keeps its dedup key within what is taken, one for one, however long an id is', async () => {
    const pagerduty = await standIn(() => ({ status: 202 }))
    const channel = pagerdutyChannel(pagerduty.origin, 'R0123456789', anywhere)
    for (const end of ['a', 'b']) await channel({ ...envelope(), dedupKey: 'k'.repeat(400) + end })
    const keys = pagerduty.received.map((each) => (JSON.parse(each.body) as { dedup_key: string }).dedup_key)
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(255)
  })

  it('does not keep a test open', async () => {
    const pagerduty = await standIn(() => ({ status: 202 }))
    await pagerdutyChannel(pagerduty.origin, 'R0123456789', anywhere)(envelope('test'))
    expect(pagerduty.received.map((each) => JSON.parse(each.body).event_action)).toEqual(['trigger', 'resolve'])
  })
})

describe('a signed webhook', () => {
  it('gets a message that verifies, with the same id at every attempt', async () => {
    const place = await standIn(() => ({ status: 500 }))
    const channel = signedWebhookChannel(place.origin, rigSecret, anywhere)
    for (let n = 0; n < 2; n += 1) expect(await channel(envelope())).toMatchObject({ ok: false, status: 500 })
    expect(place.received.map((each) => [verifies(rigSecret, each), each.headers['webhook-id']])).toEqual([
      [true, 'ntf-1'],
      [true, 'ntf-1'],
    ])
    expect(JSON.parse(place.received[0]?.body ?? '')).toMatchObject({
      type: 'vigil.notification.trigger',
      data: { dedupKey: 'session:ep-1@1' },
    })
  })

  it('that nobody listens at is told without address or secret', async () => {
    const place = await standIn(() => ({ status: 200 }))
    await place.close()
    const outcome = await signedWebhookChannel(`${place.origin}/hook?token=private`, rigSecret, anywhere)(envelope())
    expect(outcome).toEqual({ ok: false, detail: 'cannot be reached (ECONNREFUSED)' })
  })
})

describe('e-mail (a real SMTP server on loopback)', () => {
  type Mail = { from: string; to: string[]; text: string }
  async function withServer(
    options: ConstructorParameters<typeof SMTPServer>[0],
    use: (port: number, mails: Mail[]) => Promise<void>,
  ) {
    const mails: Mail[] = []
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData(stream, session, done) {
        let text = ''
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8')
        })
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          mails.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map((each) => each.address), text })
          done()
        })
      },
      ...options,
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await use((server.server.address() as AddressInfo).port, mails)
    } finally {
      await new Promise<void>((resolve) => server.close(resolve))
    }
  }
  const to = ['a@example.com', 'b@example.com']
  const target = (port: number) => ({
    kind: 'email' as const,
    host: '127.0.0.1',
    port,
    security: 'none' as const,
    from: 'vigil@example.com',
    to,
  })

  it('arrives at everybody as plain text; its end answers it; and no text of an agent becomes a header', async () => {
    await withServer({}, async (port, mails) => {
      const channel = emailChannel(target(port), '', anywhere)
      expect(await channel(envelope())).toMatchObject({ ok: true, status: 250 })
      expect(await channel(envelope('resolve'))).toMatchObject({ ok: true })
      expect(mails.map((each) => each.to)).toEqual([
        ['a@example.com', 'b@example.com'],
        ['a@example.com', 'b@example.com'],
      ])
      const [first, second] = mails.map((each) => each.text)
      const [head = ''] = (first ?? '').split('\r\n\r\n', 1)
      expect(head).toMatch(/^Subject: \[Vigil\]/m)
      expect(head).not.toMatch(/^Bcc:/im)
      expect(head).toMatch(/^Content-Type: text\/plain/m)
      const id = /^Message-ID: (<.+>)/im.exec(first ?? '')?.[1]
      expect(/^In-Reply-To: (<.+>)/im.exec(second ?? '')?.[1]).toBe(id)
    })
  })

  it('that the server refuses is told in its own words', async () => {
    const onRcptTo = (_address: unknown, _session: unknown, done: (error?: Error) => void) =>
      done(Object.assign(new Error('mailbox unknown here'), { responseCode: 550 }))
    await withServer({ onRcptTo }, async (port) => {
      const outcome = await emailChannel(target(port), '', anywhere)(envelope())
      expect(outcome).toMatchObject({ ok: false, status: 550, detail: expect.stringContaining('mailbox unknown here') })
    })
  })

  it('is not sent in the clear where encryption was asked for', async () => {
    await withServer({}, async (port, mails) => {
      const outcome = await emailChannel({ ...target(port), security: 'starttls' }, '', anywhere)(envelope())
      expect([outcome.ok, mails]).toEqual([false, []])
    })
  })
})

describe('text that an agent wrote', () => {
  it('is one visible line, cut with its length stated', () => {
    expect(inertText('a\nb\u0000\u202e')).toBe('a⟨U+000A⟩b⟨U+0000⟩⟨U+202E⟩')
    expect(inertText('x'.repeat(1_000), 100)).toMatch(/^x+… \[\d+ more characters cut\]$/)
    expect(inertText('\u202e'.repeat(100_000), 200).length).toBeLessThanOrEqual(200)
  })
})
