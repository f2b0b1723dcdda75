// Looks after the audit's chain: remembers outside the database where it ended, and checks it on demand. Who may delete rows could delete the
// newest ones without a gap; the file beside the database, and the writer's own memory, tell that.
import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { z } from 'zod'
import {
  AuditDamage,
  AuditHead,
  type AuditLink,
  type AuditVerdict,
  auditCheckStart,
  checkAuditHead,
  checkAuditLinks,
} from './protocol/audit.ts'
import { sha256 } from './store/audit-chain.ts'

const linksOfTurn = 1_000

const Kept = z.object({ head: AuditHead, damage: z.array(AuditDamage).max(100) })
type Kept = z.infer<typeof Kept>

export type AuditKeeper = {
  head(): AuditHead
  /** What was found wrong, oldest first, and stays so. */
  damage(): readonly AuditDamage[]
  /** Reads the whole chain. What it finds is remembered. */
  verify(): Promise<AuditVerdict>
  /** To be called after commits: writes down the new end a little later. */
  noteHead(): void
  close(): Promise<void>
}

export type AuditKeeperOptions = {
  dataDir: string
  head: () => AuditHead
  readChain: (afterN: number, limit: number) => Promise<AuditLink[]>
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

/** Compares the chain's end with what was written down before; says through `damage` what lacks. */
export async function keepAudit(options: AuditKeeperOptions): Promise<AuditKeeper> {
  const { head, readChain, nowMs, onError } = options
  const file = path.join(options.dataDir, 'audit-head.json')
  const kept: Kept = await readKept()
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<void> = Promise.resolve()

  await compareWithFile()
  await write()

  async function readKept(): Promise<Kept> {
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      return { head: head(), damage: [] } // the first start with a chain
    }
    try {
      return Kept.parse(JSON.parse(text))
    } catch (error) {
      onError(`read ${file}`, error)
      return {
        head: head(),
        damage: [{ foundAtMs: nowMs(), n: 0, why: 'audit-head.json was unreadable: what it knew is lost' }],
      }
    }
  }

  async function compareWithFile(): Promise<void> {
    const { n, hash } = kept.head
    if (n === 0) return
    const now = head()
    const verdict = checkAuditHead({ ok: true, checked: 0, head: now }, kept.head)
    if (!verdict.ok) remember(verdict)
    else {
      const [link] = await readChain(n - 1, 1)
      if (link?.n !== n) remember({ n, why: `entry ${n} is gone` })
      else if (link.hash !== hash) remember({ n, why: `entry ${n} has another hash than when it was written` })
    }
  }

  function remember({ n, why }: { n: number; why: string }): void {
    if (kept.damage.some((each) => each.n === n && each.why === why)) return
    kept.damage.push({ foundAtMs: nowMs(), n, why })
    onError('the audit is not whole', new Error(why))
  }

  async function write(): Promise<void> {
    kept.head = head()
    const next = `${file}.next`
    await writeFile(next, `${JSON.stringify(kept)}\n`, { mode: 0o600 })
    await rename(next, file)
  }

  function writeSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      writing = writing.then(write).catch((error) => onError('write down where the audit ends', error))
    }, 500)
  }

  return {
    head,
    damage: () => kept.damage,
    noteHead() {
      if (head().n !== kept.head.n) writeSoon()
    },
    async verify() {
      // What is committed while the check runs is beyond what it promises.
      const known = head()
      let verdict = auditCheckStart()
      while (verdict.ok) {
        const links = await readChain(verdict.head.n, linksOfTurn)
        const asked = links.filter(({ n }) => n <= known.n)
        if (asked.length === 0) break
        verdict = checkAuditLinks(verdict, asked, sha256)
        await turn()
      }
      verdict = checkAuditHead(verdict, known)
      if (!verdict.ok) {
        remember(verdict)
        writeSoon()
      }
      return verdict
    },
    async close() {
      clearTimeout(timer)
      writing = writing.then(write).catch((error) => onError('write down where the audit ends', error))
      await writing
    },
  }
}
