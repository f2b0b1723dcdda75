// While this page shows the past, nothing live may be shown as if it were past, and nothing is asked of anybody: the last line of that
// promise, under every question to the HTTP API. Set by the provider before anything is drawn.

export const pastWhy = 'This is the past: go back to live to act'

let isOn = false

export const pastGuard = {
  set(on: boolean): void {
    if (typeof window !== 'undefined') isOn = on
  },
  isOn: (): boolean => isOn,
}

/** Told as of a moment, or not of the console at all: the alarm goes on, and so does finding a session. */
const asOfMoment = /[?&](at|until)=\d|^\/api\/(replay\/|occasions|sessions\?)/

export function refusedInPast(method: string, path: string): { title: string; detail: string } | undefined {
  if (!isOn) return undefined
  if (method !== 'GET') return { title: 'This is the past', detail: 'Nothing was asked. Go back to live to act.' }
  if (asOfMoment.test(path)) return undefined
  return {
    title: 'Not kept for the past',
    detail: 'What is known of it is only what is so now. Go back to live to see it.',
  }
}
