// One signed HTTP request (Standard Webhooks), bounded as every call of ours is.
import { type Answer, boundedCall } from './bounded-call.ts'
import type { Reach } from './reach.ts'
import { signedHeaders } from './sign-webhook.ts'

/** Throws an Error whose message may be shown: it has neither secret nor answer in it. An answer of any status is an answer. */
export async function callWebhook(call: {
  method: 'GET' | 'POST'
  url: string
  secret: string
  id: string
  nowMs: number
  body?: string
  reach: Reach
}): Promise<Answer> {
  const { method, url, secret, id, nowMs, body = '', reach } = call
  const headers = signedHeaders(secret, id, Math.floor(nowMs / 1_000), body)
  return await boundedCall({ method, url, headers, body, reach })
}
