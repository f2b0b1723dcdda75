// A time that somebody gives an option, in seconds.
import { InvalidArgumentError } from 'commander'

/** In milliseconds. */
export function secondsOption(text: string): number {
  const seconds = Number(text)
  if (!(seconds >= 1 && seconds <= 3_600)) throw new InvalidArgumentError('a number of seconds, 1 to 3600')
  return seconds * 1_000
}
