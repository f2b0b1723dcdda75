// The manifest: what the bundle is of, who made it when, and the hashes from which everything else in the file is checked. It is what is signed.
import { z } from 'zod'
import { Actor } from '../protocol/actor.ts'
import { AtMs } from '../protocol/ids.ts'
import { bytesOf, textOf } from './bytes.ts'
import { tarBlock } from './tar.ts'

export const bundleFormat = 'vigil-bundle-1'
/** Of the manifest: with it a reader's memory is bounded before anything was checked. */
export const manifestBytesMax = 1024 * 1024

/** In the order of the archive, behind manifest.json, manifest.sig and blocks.marks. */
export const contentFiles = [
  'events.ndjson',
  'audit.ndjson',
  'snapshots.ndjson',
  'receipts.ndjson',
  'approvals.ndjson',
  'readme.txt',
] as const
export type ContentFile = (typeof contentFiles)[number]

const Hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes in hex`)
const Count = z.int().min(0)

export const bundleTitleMax = 300

/** What a bundle is asked to be of. */
export const BundleSubject = z.object({
  sessions: z.array(z.string().max(256)).min(1).max(200),
  /** By this server's clock (`seenAtMs`), both included. Absent: from the first event, to the newest. */
  fromMs: AtMs.optional(),
  toMs: AtMs.optional(),
  title: z.string().max(bundleTitleMax).optional(),
  incident: z.string().max(128).optional(),
})
export type BundleSubject = z.infer<typeof BundleSubject>

export const BundleManifest = z.object({
  format: z.literal(bundleFormat),
  madeAtMs: AtMs,
  madeBy: Actor,
  of: BundleSubject,
  /** Evidence is whole: what the console would mask for a viewer stands in the clear. */
  masked: z.literal(false),
  /** The files of `contentFiles`, in their order. `lines` counts line ends. */
  files: z
    .array(z.object({ name: z.enum(contentFiles), bytes: Count, lines: Count, sha256: Hex(32) }))
    .length(contentFiles.length),
  /** Everything behind blocks.marks: headers, files, padding and the archive's end. */
  contentBytes: Count,
  /** The highest level of the marks in blocks.marks (see hash-tree.ts), in hex. */
  blocksTop: z.string().regex(/^([0-9a-f]{32}){0,16}$/),
  blocksSha256: Hex(32),
  /** The signer's Ed25519 public key. Whoever checks compares it with the one that he knows. */
  key: Hex(32),
})
export type BundleManifest = z.infer<typeof BundleManifest>

/** Never a whole number of the archive's blocks: an empty byte behind it shows where it ends, should its header be damaged. */
export function manifestBytes(manifest: BundleManifest): Uint8Array {
  const bytes = bytesOf(`${JSON.stringify(manifest, null, 1)}\n`)
  return bytes.length % tarBlock === 0 ? bytesOf(`${textOf(bytes)}\n`) : bytes
}

/** Undefined for what is no manifest of this version. */
export function manifestOf(bytes: Uint8Array): BundleManifest | undefined {
  try {
    return BundleManifest.safeParse(JSON.parse(textOf(bytes))).data
  } catch {
    return undefined
  }
}
