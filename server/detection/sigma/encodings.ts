// Values as they look inside encoded data: modifiers base64, base64offset, utf16le (wide), utf16be, utf16.
// A pure folder has no Buffer; values are short, so simple loops do.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

export function utf8Bytes(text: string): number[] {
  return [...new TextEncoder().encode(text)]
}

export function utf16Bytes(text: string, order: 'le' | 'be'): number[] {
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (order === 'le') bytes.push(unit & 255, unit >> 8)
    else bytes.push(unit >> 8, unit & 255)
  }
  return bytes
}

/** Bytes as a text of as many characters, for looking into data that is carried as text. */
export function bytesAsText(bytes: readonly number[]): string {
  return bytes.map((byte) => String.fromCharCode(byte)).join('')
}

export function base64(bytes: readonly number[]): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.slice(at, at + 3)
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    text += alphabet.charAt(bits >> 18) + alphabet.charAt((bits >> 12) & 63)
    text += b === undefined ? '=' : alphabet.charAt((bits >> 6) & 63)
    text += c === undefined ? '=' : alphabet.charAt(bits & 63)
  }
  return text
}

/**
 * The three forms that bytes take inside longer base64 data, by their place modulo three; each without the characters that its
 * unknown neighbours take part in.
 */
export function base64Offsets(bytes: readonly number[]): string[] {
  return [0, 1, 2].map((shift) => {
    const whole = base64([...Array<number>(shift).fill(0), ...bytes])
    const start = [0, 2, 3][shift] ?? 0
    const end = [0, 3, 2][(bytes.length + shift) % 3] ?? 0
    return whole.slice(start, end === 0 ? undefined : -end)
  })
}
