// Texts are compared without regard to case. `toLowerCase` alone is not enough: it looks at neighbours (a final sigma), so a part of a text would
// not lower to a part of the lowered text; and regular expressions count the long s as an s.

export function fold(text: string): string {
  let folded = text.toLowerCase()
  if (folded.includes('ς')) folded = folded.replaceAll('ς', 'σ')
  if (folded.includes('ſ')) folded = folded.replaceAll('ſ', 's')
  return folded
}
