// Text that an agent may have written, for channels that we do not draw ourselves: what would hide or reorder becomes a visible mark, it is
// one line, and it is cut with its length stated.
import { cutText } from './text.ts'

const hiding =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{2800}\u{3164}\u{FFA0}]|[\u{FE00}-\u{FE0D}]|\p{M}{5,}/gu

export const inertTextMax = 200

export function inertText(text: string, max = inertTextMax): string {
  const visible = cutText(text, max * 4).replace(hiding, (found) => {
    const code = found.codePointAt(0) ?? 0
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
  })
  return cutText(visible, max)
}
