// What an answer to a POST means: only 2xx is taken.
import type { Answer } from '../enforce/bounded-call.ts'
import { inertText } from '../protocol/inert-text.ts'
import type { Outcome } from './channel.ts'

const bodyShownMax = 200

export async function postedOutcome(post: () => Promise<Answer>): Promise<Outcome> {
  try {
    const { status, body, retryAfterMs } = await post()
    if (status >= 200 && status < 300) return { ok: true, status, detail: `answered ${status}` }
    const said = body.trim() === '' ? '' : `: ${inertText(body.trim(), bodyShownMax)}`
    return { ok: false, status, detail: `answered ${status}${said}`, retryAfterMs }
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}
