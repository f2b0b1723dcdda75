// Texts are compared without regard to case. `toLowerCase` alone is not enough: it looks at neighbours (a final sigma), so a part of a text would
// not lower to a part of the lowered text; and regular expressions count the long s as an s.

const odd = /[ςſ]/

export function fold(text: string): string {
  const folded = text.toLowerCase()
  return odd.test(folded) ? folded.replaceAll('ς', 'σ').replaceAll('ſ', 's') : folded
}
