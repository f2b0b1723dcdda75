// Why rows keep their place: a hand is on them. Pure.

export type Still = { over: boolean; within: boolean; scrolled: boolean }

export function whyStill({ over, within, scrolled }: Still): string | undefined {
  if (over) return 'the pointer is over them'
  if (within) return 'one of them has the focus'
  return scrolled ? 'the list is scrolled away from its top' : undefined
}
