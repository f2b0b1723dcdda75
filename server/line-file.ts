// One file of lines as it is written: counted and hashed on the way, and held in memory a piece at a time.
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const pieceLength = 256 * 1024

export type LineFile = {
  /** With its line end. The answer is to be waited for: it is what bounds memory. */
  write(text: string): Promise<void>
  close(): Promise<{ bytes: number; lines: number; sha256: string }>
}

export async function openLineFile(file: string): Promise<LineFile> {
  const handle = await open(file, 'wx', 0o600)
  const sha = createHash('sha256')
  let bytes = 0
  let lines = 0
  let waiting = ''
  async function flush(): Promise<void> {
    const piece = Buffer.from(waiting)
    waiting = ''
    sha.update(piece)
    bytes += piece.length
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines += 1
    await handle.writeFile(piece)
  }
  return {
    async write(text) {
      waiting += text
      if (waiting.length >= pieceLength) await flush()
    },
    async close() {
      try {
        await flush()
        return { bytes, lines, sha256: sha.digest('hex') }
      } finally {
        await handle.close()
      }
    },
  }
}
