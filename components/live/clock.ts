// The server's clock as seen from this browser. The round trip of `watch` bounds the error to half of it;
// the quickest round trip seen is the one believed. Pure.

export type Clock = {
  /** Add to the browser's time to get the server's. */
  offsetMs: number
  /** Half of the best round trip: how wrong `offsetMs` can be. */
  errorMs: number
}

export const unknownClock: Clock = { offsetMs: 0, errorMs: Number.POSITIVE_INFINITY }

/** `sentMs` and `gotMs` in the browser's time around an answer that carries the server's time. */
export function clockAfterRoundTrip(clock: Clock, sentMs: number, gotMs: number, serverNowMs: number): Clock {
  const errorMs = Math.max(0, gotMs - sentMs) / 2
  return errorMs <= clock.errorMs ? { offsetMs: serverNowMs - (sentMs + gotMs) / 2, errorMs } : clock
}

/** A message cannot arrive before it was sent: one that seems to, corrects the clock. */
export function clockAfterMessage(clock: Clock, gotMs: number, serverNowMs: number): Clock {
  if (clock.errorMs === Number.POSITIVE_INFINITY) return { offsetMs: serverNowMs - gotMs, errorMs: clock.errorMs }
  return gotMs + clock.offsetMs < serverNowMs ? { ...clock, offsetMs: serverNowMs - gotMs } : clock
}
