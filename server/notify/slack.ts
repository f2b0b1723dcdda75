// Slack, by an incoming webhook. Everything stands in `plain_text`, which Slack neither links nor reads mentions out of; the one text that it does
// read (for the notification on a phone) is escaped, and the one link is ours.
import { boundedCall } from '../enforce/bounded-call.ts'
import type { Reach } from '../enforce/reach.ts'
import type { Channel, Envelope } from './channel.ts'
import { factLines, linkOf, notOurs, whereLine } from './message.ts'
import { postedOutcome } from './posted-outcome.ts'

export function slackChannel(url: string, reach: Reach): Channel {
  return async (envelope) => {
    const body = JSON.stringify(slackBody(envelope))
    return await postedOutcome(() => boundedCall({ method: 'POST', url, headers: {}, body, reach }))
  }
}

export function slackBody({ message, consoleUrl }: Envelope) {
  const link = linkOf(message, consoleUrl)
  const plain = (text: string) => ({ type: 'section', text: { type: 'plain_text', text, emoji: false } })
  return {
    text: escapeSlack(`Vigil: ${message.title}`),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: `Vigil: ${message.title}`.slice(0, 150), emoji: false } },
      ...(message.title.length > 140 ? [plain(message.title)] : []),
      ...factLines(message).map(plain),
      ...(message.said.length > 0 ? [plain(`${notOurs}:\n${message.said.map((each) => `| ${each}`).join('\n')}`)] : []),
      link === undefined
        ? plain(whereLine(message, consoleUrl))
        : { type: 'section', text: { type: 'mrkdwn', text: `<${escapeSlack(link)}|Open it in Vigil>` } },
    ],
  }
}

/** As Slack asks for it: without these three no link and no mention (`<!channel>`, `<@U…>`) can be written. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
