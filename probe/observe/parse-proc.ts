// Parsers of /proc text. Pure. Names and arguments are written by the process itself: nothing in them is trusted or unbounded.
import { cutText, longTextMax, shortTextMax } from '../../server/protocol/text.ts'

export type Stat = {
  pid: number
  comm: string
  /** One letter: R S D T t Z X I … */
  state: string
  ppid: number
  pgrp: number
  sid: number
  /** Threads that have not ended. */
  threads: number
  startTicks: number
  rssPages: number
}

/** A process whose first thread has ended reads Z while its other threads run on: that one is alive, and can be made on purpose. */
export function isOver({ state, threads }: Pick<Stat, 'state' | 'threads'>): boolean {
  return state === 'X' || (state === 'Z' && !(threads > 1))
}

/** /proc/PID/stat. The name may hold spaces and parentheses, so fields are counted from its last `)`. */
export function parseStat(text: string): Stat | undefined {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  if (open < 0 || close < open) return undefined
  const fields = text
    .slice(close + 2)
    .trimEnd()
    .split(' ')
  const number = (index: number) => Number(fields[index])
  const stat: Stat = {
    pid: Number(text.slice(0, open)),
    comm: cutText(text.slice(open + 1, close), shortTextMax),
    state: fields[0] ?? '?',
    ppid: number(1),
    pgrp: number(2),
    sid: number(3),
    threads: number(17),
    startTicks: number(19),
    rssPages: number(21),
  }
  return Number.isInteger(stat.pid) && Number.isInteger(stat.startTicks) && Number.isInteger(stat.ppid)
    ? stat
    : undefined
}

const argvMax = 1_024
/** All arguments of one process together: an event must stay small enough to send. */
const argvCharsMax = longTextMax

/** NUL-separated /proc/PID/cmdline. Cut visibly, never dropped silently. */
export function parseCommandLine(text: string): string[] {
  if (text === '') return []
  const parts = (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
  const argv: string[] = []
  let room = argvCharsMax
  for (const part of parts) {
    if (argv.length === argvMax - 1 || room < 64) {
      const missing = parts.length - argv.length
      argv.push(`… [${missing} more arguments cut]`)
      break
    }
    const cut = cutText(part, Math.min(room, longTextMax))
    room -= cut.length
    argv.push(cut)
  }
  return argv
}

/** `socket:[123]` -> 123. */
export function parseSocketLink(link: string): number | undefined {
  const match = /^socket:\[(\d+)\]$/.exec(link)
  return match ? Number(match[1]) : undefined
}

/** `net:[4026531840]` -> 4026531840. */
export function parseNamespaceLink(link: string): number {
  const match = /:\[(\d+)\]$/.exec(link)
  return match ? Number(match[1]) : 0
}
