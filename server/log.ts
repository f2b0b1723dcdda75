// What the server says to whoever started it: plain lines, or JSON (pino) with `VIGIL_LOG=json` for machines that collect logs. Contexts and lines
// are ours; an error's message may hold what others sent, so it is a value of its own and never a format.
import pino from 'pino'

export type Log = {
  /** A line for a person; in JSON it is `msg`. */
  say(line: string): void
  /** What failed, and while doing what. */
  failed(context: string, error: unknown): void
}

export function openLog(
  asJson: boolean,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Log {
  if (!asJson)
    return {
      say: (line) => console.log(line),
      failed: (context, error) => console.error(`vigil: ${context}:`, error),
    }
  const log = pino({ name: 'vigil' }, { write })
  return {
    say: (line) => log.info(line.replace(/^vigil: /, '')),
    failed: (context, error) =>
      log.error({ err: error instanceof Error ? error : new Error(String(error)), context }, context),
  }
}
