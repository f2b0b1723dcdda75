// What is said, in plain words, the same for every channel: what, which session, since when, how bad, and where to look. Kept with the delivery, so
// that a restart says exactly what was to be said.
import { z } from 'zod'
import { FlagSeverity } from '../protocol/flag.ts'
import { inertText } from '../protocol/inert-text.ts'
import { maskText } from '../protocol/secrets.ts'
import type { Occasion } from './occasion.ts'
import type { Step } from './plan.ts'

export const Message = z.object({
  step: z.enum(['trigger', 'acknowledge', 'resolve', 'test']),
  /** One line. */
  title: z.string(),
  severity: FlagSeverity,
  sinceMs: z.number(),
  session: z.string().optional(),
  /** Inert already; to be labelled as not ours and fenced. */
  said: z.array(z.string()),
  /** Why it was acknowledged or resolved. May quote a person's name. */
  because: z.string().optional(),
  path: z.string(),
})
export type Message = z.infer<typeof Message>

const prefix: Readonly<Record<Message['step'], string>> = {
  trigger: '',
  acknowledge: 'Taken: ',
  resolve: 'Over: ',
  test: '',
}

export function messageOf(occasion: Occasion, step: Step): Message {
  const { title, severity, sinceMs, session, said, because, path } = occasion
  return {
    step,
    title: prefix[step] + inertText(title, 400),
    severity,
    sinceMs,
    ...(session !== undefined && { session }),
    said: said.map((each) => inertText(maskText(each).text)),
    ...(because !== undefined && step !== 'trigger' && { because: inertText(because) }),
    path,
  }
}

export function testMessage(by: string, nowMs: number): Message {
  return {
    step: 'test',
    title: `A test of Vigil's notifications, asked by ${inertText(by, 100)}: nothing has happened`,
    severity: 'informational',
    sinceMs: nowMs,
    said: [],
    path: '/settings',
  }
}

export const notOurs = 'Written by the agent, or quoted from it'

/** Undefined where the console's address was not set: then only the path can be said. */
export function linkOf({ path }: Message, consoleUrl: string | undefined): string | undefined {
  return consoleUrl === undefined ? undefined : new URL(path, consoleUrl).href
}

/** Facts of a message, a line each, without title, quoted text and link. */
export function factLines({ severity, session, sinceMs, because, step }: Message): string[] {
  if (step === 'test') return []
  return [
    `Severity: ${severity}`,
    ...(session === undefined ? [] : [`Session: ${session}`]),
    ...(sinceMs > 0 ? [`Since: ${new Date(sinceMs).toISOString()}`] : []),
    ...(because === undefined ? [] : [`Because: ${because}`]),
  ]
}

export function whereLine(message: Message, consoleUrl: string | undefined): string {
  return (
    linkOf(message, consoleUrl) ??
    `Page ${message.path} of your console (its address is not set: Settings, Notifications)`
  )
}
