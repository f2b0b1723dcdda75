// E-mail by SMTP, plain text only. The end of an occasion answers the mail that began it.
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import { type Reach, UnreachableError } from '../enforce/reach.ts'
import { inertText } from '../protocol/inert-text.ts'
import type { Channel, Envelope, Outcome, Target } from './channel.ts'
import { factLines, notOurs, whereLine } from './message.ts'

const timeoutMs = 10_000
type EmailTarget = Extract<Target, { kind: 'email' }>

export function emailChannel(target: EmailTarget, password: string, reach: Reach): Channel {
  return async (envelope) => {
    const found = await addressOf(target.host, reach)
    if ('whyNot' in found) return { ok: false, detail: found.whyNot }
    const transport = createTransport({
      // Looked up by us, and looked at: the name is what its certificate must be of.
      host: found.address,
      ...(isIP(target.host) === 0 && { tls: { servername: target.host } }),
      port: target.port,
      secure: target.security === 'tls',
      requireTLS: target.security === 'starttls',
      ignoreTLS: target.security === 'none',
      ...(target.user !== undefined && { auth: { user: target.user, pass: password } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    try {
      const sent = await transport.sendMail(mailOf(envelope, target))
      if (sent.rejected.length > 0)
        return {
          ok: false,
          detail: `the server took it for some only: ${sent.rejected.length} of ${target.to.length} refused`,
        }
      return { ok: true, status: replyCode(sent.response), detail: 'the mail server took it' }
    } catch (error) {
      return refusal(error)
    } finally {
      transport.close()
    }
  }
}

function addressOf(host: string, reach: Reach): Promise<{ address: string } | { whyNot: string }> {
  const why = isIP(host) === 0 ? undefined : reach.whyNot(host)
  if (why !== undefined) return Promise.resolve({ whyNot: `is not called: ${why}` })
  if (isIP(host) !== 0) return Promise.resolve({ address: host })
  return new Promise((resolve) => {
    reach.lookup(host, {}, (error, address) => {
      if (!error) resolve({ address: String(address) })
      else if (error instanceof UnreachableError) resolve({ whyNot: `is not called: ${error.message}` })
      else resolve({ whyNot: `cannot be reached (${error.code ?? 'no connection'})` })
    })
  })
}

export function mailOf({ id, dedupKey, message, consoleUrl }: Envelope, { from, to }: EmailTarget) {
  const { title, said, step } = message
  const thread = `<${createHash('sha256').update(dedupKey).digest('hex').slice(0, 32)}@vigil>`
  return {
    from,
    to,
    subject: `[Vigil] ${inertText(title, 180)}`,
    messageId: step === 'trigger' ? thread : `<${id}@vigil>`,
    ...(step === 'resolve' && { inReplyTo: thread, references: thread }),
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: [
      title,
      '',
      ...factLines(message),
      ...(said.length > 0 ? ['', `${notOurs}:`, ...said.map((each) => `> ${each}`)] : []),
      '',
      whereLine(message, consoleUrl),
      '',
    ].join('\n'),
  }
}

function refusal(error: unknown): Outcome {
  const { code, responseCode, response } = error as { code?: unknown; responseCode?: unknown; response?: unknown }
  const status = typeof responseCode === 'number' ? responseCode : undefined
  // A server's answer to a login may quote it.
  if (code === 'EAUTH') return { ok: false, status, detail: 'the mail server refused the user or the password' }
  if (status !== undefined)
    return {
      ok: false,
      status,
      detail: `answered ${inertText(typeof response === 'string' ? response : String(status))}`,
    }
  return { ok: false, detail: `cannot be reached (${typeof code === 'string' ? code : 'no connection'})` }
}

function replyCode(response: string): number | undefined {
  const code = Number(response.slice(0, 3))
  return Number.isInteger(code) ? code : undefined
}
