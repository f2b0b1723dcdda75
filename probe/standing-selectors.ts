// Standing containments as far as this host needs them: a session that one of them means is born frozen and cut off, also while the
// server is away. Kept on disk whole; only the server changes it.
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { isSelected, Selector } from '../server/protocol/selector.ts'

const Kept = z.array(Selector).max(100)

export type Born = {
  session: string
  host: string
  agent?: string | undefined
  task?: string | undefined
  labels?: Record<string, string> | undefined
}

export class StandingSelectors {
  private selectors: Selector[] = []
  private readonly file: string

  /** A file that cannot be read is said and counts as empty: the server sends it anew. */
  constructor(
    folder: string,
    private readonly warn: (message: string, detail: object) => void,
  ) {
    this.file = path.join(folder, 'standing.json')
    try {
      this.selectors = Kept.parse(JSON.parse(fs.readFileSync(this.file, 'utf8')))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        warn('standing containments cannot be read', { error: String(error) })
    }
  }

  /** The whole of them, as the server says. */
  replace(selectors: readonly Selector[]): void {
    if (JSON.stringify(selectors) === JSON.stringify(this.selectors)) return
    this.selectors = [...selectors]
    try {
      fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.selectors), { mode: 0o600 })
      fs.renameSync(`${this.file}.new`, this.file)
    } catch (error) {
      this.warn('standing containments could not be saved', { error: String(error) })
    }
  }

  /** A model that is only seen to be called later cannot be known at birth: the server finds those. */
  mean({ labels = {}, ...born }: Born): boolean {
    return this.selectors.some((selector) => isSelected(selector, { ...born, labels, models: [] }))
  }
}
