// What a backup holds, in its last file but one. It is read from a file that may come from anywhere, so it is parsed like any other input.
import { z } from 'zod'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Count = z.int().min(0)
/** Nothing of it is ever put into a statement unquoted, and still: names of ours have no other letters. */
const Name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/)

/** One file of the archive: gzip of rows, or of a file of the data folder. */
const Piece = z.strictObject({
  file: z.string().regex(/^[a-z0-9_/.-]{1,100}$/),
  /** As it lies in the archive. */
  bytes: Count,
  sha256: Sha256,
})
export type Piece = z.infer<typeof Piece>

export const TableInBackup = z.strictObject({
  table: Name,
  /** In the order in which they stand in each row. */
  columns: z.array(Name).min(1),
  rows: Count,
  /** Of its rows, unpacked. */
  bytes: Count,
  /** Their rows follow each other. */
  pieces: z.array(Piece),
})
export type TableInBackup = z.infer<typeof TableInBackup>

/** A file of the data folder; `path` is relative, with forward slashes, and leads nowhere else. */
export const FileInBackup = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(1_000)
    .refine((path) => path.split('/').every((part) => !['', '.', '..'].includes(part)) && !/[\0\\]/.test(path)),
  piece: Piece,
})
export type FileInBackup = z.infer<typeof FileInBackup>

export const Manifest = z.strictObject({
  format: z.literal('vigil backup'),
  version: z.literal(1),
  /** By the database's clock: what is in it was committed before. */
  madeAtMs: Count,
  /** In words, such as `18.1`: to be read by people. A restore into another version is as good. */
  postgres: z.string().max(200),
  /** In the order in which they were applied. */
  migrations: z.array(z.strictObject({ name: z.string().regex(/^[a-z0-9_]{1,200}$/i), checksum: Sha256 })).min(1),
  /** Days that have a table of their own. */
  days: z.array(z.strictObject({ table: Name, dayStartMs: z.int() })),
  tables: z.array(TableInBackup).min(1),
  files: z.array(FileInBackup),
})
export type Manifest = z.infer<typeof Manifest>
