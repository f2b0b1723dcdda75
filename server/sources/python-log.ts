// Records of Python's logging: a line with a head, and lines without one that belong to it (tracebacks, commands, outputs). What waits for its
// last line is bounded; a longer record is cut where it reaches the bound, and says so.

/** Of one record with all its lines; more than a long text holds is cut anyway. */
const recordCharsMax = 128 * 1024

export type LogRecord<Head> = {
  head: Head
  /** The message with all its lines. */
  message: string
  /** All lines as they came, for identity and refusal. Records with the same text one behind the other differ by a count. */
  identity: string
}

export type LogRecords = {
  line(line: string): void
  /** The record that waits is whole. */
  flush(): void
}

/** `headOf` answers undefined for a line without a head. `orphan` gets lines before the first head. */
export function createLogRecords<Head extends { message: string }>(
  headOf: (line: string) => Head | undefined,
  tell: (record: LogRecord<Head>) => void,
  orphan: (line: string) => void,
): LogRecords {
  let open: { head: Head; lines: string[]; chars: number; cutLines: number; text: string } | undefined
  let lastText = ''
  let repeats = 0

  function flush(): void {
    if (open === undefined) return
    const { head, lines, cutLines, text } = open
    open = undefined
    if (cutLines > 0) lines.push(`… [${cutLines} more lines cut]`)
    const whole = [text, ...lines].join('\n')
    repeats = whole === lastText ? repeats + 1 : 0
    lastText = whole
    const identity = repeats === 0 ? whole : `${whole}\n#${repeats}`
    tell({ head, message: [head.message, ...lines].join('\n'), identity })
  }

  return {
    line(line) {
      const head = headOf(line)
      if (head !== undefined) {
        flush()
        open = { head, lines: [], chars: line.length, cutLines: 0, text: line }
      } else if (open === undefined) orphan(line)
      else if (open.cutLines > 0 || open.chars + line.length > recordCharsMax) open.cutLines += 1
      else {
        open.chars += line.length + 1
        open.lines.push(line)
      }
    },
    flush,
  }
}

/** Without the colors of a terminal. Sequences are short; longer ones are text. */
export function withoutColors(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is sought.
  return line.includes('\u001b') ? line.replace(/\u001b\[[0-9;]{0,16}m/g, '') : line
}

/** Takes off `(ActorWorker pid=1, ip=192.0.2.7) `, which Ray puts before lines of its workers. */
export function withoutRayPrefix(line: string): {
  line: string
  actor?: string | undefined
  address?: string | undefined
} {
  const match = /^\(([^\s()]{1,100}) pid=\d{1,9}(?:, ip=([0-9a-fA-F.:]{2,45}))?\) ?(.*)$/s.exec(line)
  return match ? { line: match[3] ?? '', actor: match[1], address: match[2] } : { line }
}

const levels = new Map<string, 'error' | 'warning' | 'info' | 'debug'>([
  ['CRITICAL', 'error'],
  ['FATAL', 'error'],
  ['ERROR', 'error'],
  ['WARNING', 'warning'],
  ['WARN', 'warning'],
  ['INFO', 'info'],
  ['DEBUG', 'debug'],
])

/** Undefined for a word that is no level of Python's logging. */
export function levelOf(word: string | undefined): 'error' | 'warning' | 'info' | 'debug' | undefined {
  return word === undefined ? undefined : levels.get(word)
}
