// A bundle on disk and the cryptography that its check needs: the thin shell around `bundle/`. For the server and the command line alike.
import { createPublicKey, hash, verify } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { BundleBytes, BundleCrypto } from './bundle/bytes.ts'
import { type BundleVerdict, verifyBundle } from './bundle/verify.ts'

/** DER of an Ed25519 public key (RFC 8410) is this, and its 32 bytes. */
export const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

export const nodeCrypto: BundleCrypto = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verify(message, signature, key) {
    try {
      const der = Buffer.concat([publicKeyHead, key])
      return verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
    } catch {
      return false // no point of the curve
    }
  },
}

/** Reads as it goes, so that a bundle may be larger than memory. Throws what the file system says. */
export function withBundleFile<R>(file: string, use: (bytes: BundleBytes) => R): R {
  const handle = openSync(file, 'r')
  try {
    const stats = fstatSync(handle)
    if (!stats.isFile()) throw new Error(`${file} is no file`)
    return use({
      length: stats.size,
      read(at, length) {
        const wanted = Math.max(0, Math.min(length, stats.size - at))
        const bytes = Buffer.alloc(wanted)
        let got = 0
        while (got < wanted) {
          const more = readSync(handle, bytes, got, wanted - got, at + got)
          if (more === 0) break
          got += more
        }
        return bytes.subarray(0, got)
      },
    })
  } finally {
    closeSync(handle)
  }
}

export function verifyBundleFile(file: string, pin?: string): BundleVerdict {
  return withBundleFile(file, (bytes) => verifyBundle(bytes, nodeCrypto, pin))
}
