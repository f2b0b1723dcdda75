// A bundle in memory, of lines that a test gives. For tests only.
import { createHash, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import { markOf } from './block-mark.ts'
import { type BundleBytes, type BundleCrypto, bytesOf, join } from './bytes.ts'
import { lineStart } from './layout.ts'
import { blockMarker, bundleHead, contentPieces, type WrittenFile } from './make.ts'
import { type ContentFile, contentFiles } from './manifest.ts'

/** DER of an Ed25519 public key is this and the 32 bytes. */
const spki = Buffer.from('302a300506032b6570032100', 'hex')

export const cryptoForTest: BundleCrypto = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  verify(message, signature, key) {
    const publicKey = createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' })
    return verify(null, message, publicKey, signature)
  },
}

export function keyForTest() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(spki.length).toString('hex')
  return { key, sign: (message: Uint8Array): Uint8Array => sign(null, message, privateKey) }
}

export const fileOf = (bytes: Uint8Array): BundleBytes => ({
  length: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
})

/** Lines are what follows their number: `"x":1}`. */
export function bundleForTest(
  lines: Partial<Record<ContentFile, readonly string[]>>,
  { key, sign: signWith }: ReturnType<typeof keyForTest>,
) {
  const texts = new Map(
    contentFiles.map((name) => [
      name,
      bytesOf((lines[name] ?? []).map((rest, index) => `${lineStart(index + 1)}${rest}\n`).join('')),
    ]),
  )
  const files: WrittenFile[] = contentFiles.map((name) => {
    const bytes = texts.get(name) as Uint8Array
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { name, bytes: bytes.length, lines: lines[name]?.length ?? 0, sha256 }
  })
  const content = join(
    contentPieces(files).map((piece) => ('file' in piece ? (texts.get(piece.file) as Uint8Array) : piece)),
  )
  const mark = markOf(cryptoForTest)
  const hasher = blockMarker(mark)
  for (let at = 0; at < content.length; at += 1_000) hasher.take(content.subarray(at, at + 1_000))
  const { leaves, bytes: contentBytes } = hasher.end()
  const of = { sessions: ['ses-1'] }
  const madeBy = { type: 'operator' as const, id: 'op-1', name: 'Ada' }
  const about = { madeAtMs: 1_764_000_000_000, madeBy, of, files, leaves, contentBytes, key }
  const { head, manifest } = bundleHead(about, cryptoForTest, mark, signWith)
  return { bytes: join([head, content]), manifest }
}
