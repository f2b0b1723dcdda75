// One of many texts, asked at once: rules name dozens of programs, and a closure for each would cost more than the comparison.

export type TextList = {
  equals?: readonly string[]
  startsWith?: readonly string[]
  endsWith?: readonly string[]
  contains?: readonly string[]
}

/** Texts and value must be folded, or both not. */
export function textListMatcher({
  equals = [],
  startsWith = [],
  endsWith = [],
  contains = [],
}: TextList): (text: string) => boolean {
  const whole = new Set(equals)
  // Ends such as `/ssh` are looked up by the last part of the path.
  const isName = (end: string) => end.lastIndexOf('/') === 0
  const names = new Set(endsWith.filter(isName))
  const ends = endsWith.filter((end) => !isName(end))
  return (text) => {
    if (whole.size > 0 && whole.has(text)) return true
    if (names.size > 0) {
      const slash = text.lastIndexOf('/')
      if (slash >= 0 && names.has(text.slice(slash))) return true
    }
    for (const end of ends) if (text.endsWith(end)) return true
    for (const start of startsWith) if (text.startsWith(start)) return true
    for (const part of contains) if (text.includes(part)) return true
    return false
  }
}
