// Bytes, and the two things of cryptography that a bundle needs; both are handed in, so that everything here is a function of its arguments.

/** A file that can be read at any place. `read` answers fewer bytes where the file ends. */
export type BundleBytes = { length: number; read(at: number, length: number): Uint8Array }

export type BundleCrypto = {
  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array
  /** Ed25519; `key` is the raw public key, 32 bytes. False for whatever is no signature. */
  verify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
/** Bytes that are no UTF-8 become U+FFFD: it is read by people, never hashed again. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export function hexOf(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}

/** Undefined for what is no hex of whole bytes. */
export function bytesOfHex(hex: string): Uint8Array | undefined {
  if (!/^([0-9a-f]{2})*$/.test(hex)) return undefined
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  )
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && firstDifference(a, b) === undefined
}

/** The first place at which they differ, also where one of them ends. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at += 1) if (a[at] !== b[at]) return at
  return a.length === b.length ? undefined : shared
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
