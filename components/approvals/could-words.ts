// What an action could do, as a person reads it: our verb, the agent's text, our note. Pure.
import type { Could, CouldDo, ReadCommand } from '../../server/protocol/approval-reading.ts'

export type CouldTone = 'critical' | 'warn' | 'quiet'

const looks: Readonly<Record<CouldDo, { verb: string; alone: string; tone: CouldTone }>> = {
  'gain-root': { verb: 'act as root:', alone: 'act as root', tone: 'critical' },
  'open-way-in': { verb: 'open a way back in:', alone: 'open a way back in', tone: 'critical' },
  'run-downloaded': { verb: 'run what it downloads:', alone: 'run what it downloads', tone: 'critical' },
  'read-credentials': { verb: 'read credentials:', alone: 'read credentials', tone: 'critical' },
  delete: { verb: 'delete', alone: 'delete files', tone: 'warn' },
  outlive: { verb: 'outlive the session:', alone: 'outlive the session', tone: 'warn' },
  reach: { verb: 'reach', alone: 'reach the network', tone: 'warn' },
  'run-elsewhere': { verb: 'run elsewhere:', alone: 'run elsewhere', tone: 'warn' },
  install: { verb: 'install:', alone: 'install software', tone: 'quiet' },
  write: { verb: 'write', alone: 'write files', tone: 'quiet' },
  'cannot-tell': { verb: 'cannot tell:', alone: 'cannot tell', tone: 'warn' },
}

export type CouldWords = { verb: string; what: string | undefined; rest: string; tone: CouldTone }

export function couldWords({ does, what, port, note }: Could): CouldWords {
  const { verb, alone, tone } = looks[does]
  const rest = [port === undefined ? undefined : `port ${port}`, note].filter((each) => each !== undefined).join(' · ')
  return { verb: what === undefined ? alone : verb, what, rest, tone }
}

/** One word of a command, so that where it begins and ends can be seen. */
export function wordText(word: string): string {
  return word === '' || /[\s'"\\;|&<>()]/.test(word) ? JSON.stringify(word) : word
}

/** Who it runs as, and where; `the session’s own user` where no word of it says otherwise. */
export function userText(commands: readonly ReadCommand[]): string {
  const own = 'the session’s own user'
  const users = new Set(commands.map(({ user, runsOn }) => `${user ?? own}${runsOn === 'host' ? '' : ` on ${runsOn}`}`))
  return [...users].slice(0, 4).join(', ')
}
