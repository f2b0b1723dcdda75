// Escapes as bash's `$'…'`, `printf` and `echo -e` write them.
const simple: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
}

const sequence = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(0?[0-7]{1,3})|c([\s\S])|([\s\S]))/g

/** Unknown escapes keep their backslash, as bash does. */
export function resolveEscapes(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(sequence, (whole, hex, short, long, octal, control, letter) => {
    const digits: string | undefined = hex ?? short ?? long
    if (digits !== undefined) {
      const point = Number.parseInt(digits, 16)
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : ''
    }
    if (octal !== undefined) {
      const point = Number.parseInt(octal, 8) & 255
      return point === 0 ? '' : String.fromCharCode(point)
    }
    if (control !== undefined) return String.fromCharCode(String(control).charCodeAt(0) & 31)
    return simple[letter as string] ?? whole
  })
}
