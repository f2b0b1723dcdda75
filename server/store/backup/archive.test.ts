// A backup's file: what was written is read again, and whatever became of it in between is told before anything of it is used.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BackupDamaged, openArchive, writeArchive } from './archive.ts'
import type { Manifest, Piece } from './manifest.ts'

let folder: string
let whole: Buffer
const rows = Buffer.from('1\ta\n2\tb\n')
const key = Buffer.from('secret')

function manifestOf(pieces: Piece[], file: Piece): Manifest {
  return {
    format: 'vigil backup',
    version: 1,
    madeAtMs: 1_790_000_000_000,
    postgres: '18.1',
    migrations: [{ name: '20261121000000_init', checksum: '0'.repeat(64) }],
    days: [],
    tables: [{ table: 'event', columns: ['seq', 'data'], rows: 4, bytes: 16, pieces }],
    files: [{ path: 'probe.key', piece: file }],
  }
}
const write = (file: string) =>
  writeArchive(file, async (add) => {
    const pieces = [await add('event/000001.copy.gz', rows), await add('event/000002.copy.gz', rows)]
    return manifestOf(pieces, await add('data/000001.gz', key))
  })

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-archive-'))
  await write(path.join(folder, 'whole'))
  whole = await readFile(path.join(folder, 'whole'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** What opening such a file says. */
async function fateOf(bytes: Buffer): Promise<unknown> {
  const file = path.join(folder, 'changed')
  await writeFile(file, bytes)
  return await openArchive(file).then(
    async (archive) => {
      await archive.close()
      return 'opened'
    },
    (error: unknown) => error,
  )
}

describe('the file of a backup', () => {
  it('is read as it was written, by its owner alone, and leaves nothing beside it', async () => {
    const file = path.join(folder, 'whole')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
    const archive = await openArchive(file)
    try {
      const [table] = archive.manifest.tables
      const [first] = table?.pieces ?? []
      const [inFolder] = archive.manifest.files
      if (!first || !inFolder) throw new Error('the manifest lacks what was written')
      expect(await archive.read(first)).toEqual(rows)
      expect(await archive.read(inFolder.piece)).toEqual(key)
    } finally {
      await archive.close()
    }
  })

  it('is refused when any one byte of it was changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(whole)
        changed[at] = (whole[at] ?? 0) ^ by
        expect(await fateOf(changed), `byte ${at} changed by ${by}`).toBeInstanceOf(BackupDamaged)
      }),
      { numRuns: 150 },
    )
  })

  it('is refused wherever it was cut off, and when something was added to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        expect(await fateOf(whole.subarray(0, length)), `cut to ${length} bytes`).toBeInstanceOf(BackupDamaged)
      }),
      { numRuns: 50 },
    )
    for (const more of [Buffer.alloc(1), Buffer.alloc(512), Buffer.from('x'), whole])
      expect(await fateOf(Buffer.concat([whole, more]))).toBeInstanceOf(BackupDamaged)
    expect(await fateOf(whole)).toBe('opened')
  })

  it('leads nowhere out of the data folder', async () => {
    for (const bad of ['../probe.key', '/etc/passwd', 'rules/../../x', 'a//b', 'a\\b', '.']) {
      const file = path.join(folder, 'stray')
      await writeArchive(file, async (add) => {
        const piece = await add('data/000001.gz', key)
        const manifest = manifestOf([await add('event/000001.copy.gz', rows)], piece)
        return { ...manifest, files: [{ path: bad, piece }] }
      })
      await expect(openArchive(file), bad).rejects.toThrow(BackupDamaged)
      await rm(file)
    }
  })

  it('is never written over another, and not left behind half when writing it fails', async () => {
    const file = path.join(folder, 'whole')
    await expect(write(file)).rejects.toThrow(/is there already/)
    const broken = path.join(folder, 'broken')
    const fails = writeArchive(broken, async (add) => {
      await add('event/000001.copy.gz', rows)
      throw new Error('the database went away')
    })
    await expect(fails).rejects.toThrow('the database went away')
    expect((await readdir(folder)).filter((name) => name.startsWith('broken'))).toEqual([])
  })
})
