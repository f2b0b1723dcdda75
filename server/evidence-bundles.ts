// Makes evidence bundles: from the log into files of a folder of its own, then hashed, signed and put together. What is made is open and has no
// name any more: it goes away with whoever reads it. The signing key never leaves here; its public half is for everybody.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { markOf } from './bundle/block-mark.ts'
import { auditLine, eventLine, type LoggedEvent, readmeText, recordLine } from './bundle/lines.ts'
import { blockMarker, bundleHead, contentPieces, type WrittenFile } from './bundle/make.ts'
import { type BundleManifest, type BundleSubject, type ContentFile, contentFiles } from './bundle/manifest.ts'
import { nodeCrypto, publicKeyHead } from './bundle-file.ts'
import { openLineFile } from './line-file.ts'
import { projectApproval } from './model/project-approval.ts'
import { projectControl } from './model/project-control.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { emptyState } from './model/state.ts'
import type { Actor } from './protocol/actor.ts'
import type { AuditLink } from './protocol/audit.ts'
import type { StoredEvent } from './protocol/event.ts'
import { upgradeEvent } from './protocol/upgrade-event.ts'
import type { BundleScope } from './store/read-bundle.ts'

/** More than this is to be asked for in parts: about 2 GB. */
export const bundleEventsMax = 2_000_000
const atOnceMax = 2
const auditMax = 100_000
/** Events between two looks at whether it is still wanted. */
const reportEvery = 200

/** How far the log and the audit's chain went: a bundle is of one moment, however long it takes to be written. */
type Moment = { headSeq: number; headN: number }

/** Reading the log and the audit. */
export type BundleSource = {
  moment(): Moment
  scope(of: BundleSubject, moment: Moment): Promise<BundleScope>
  events(of: BundleSubject, moment: Moment, beside: readonly LoggedEvent[]): AsyncIterable<LoggedEvent>
  audit(
    of: BundleSubject,
    moment: Moment,
    names: readonly string[],
    limit: number,
  ): Promise<(AuditLink & { previous: string })[]>
}

export type MadeBundle = { file: FileHandle; bytes: number; manifest: BundleManifest }
export type NotMade = { why: 'busy' | 'unknown' | 'too-large'; detail: string }

export type BundleMaker = {
  /** Raw Ed25519 public key in hex. */
  publicKey: string
  make(of: BundleSubject, by: Actor, how?: MakingBundle): Promise<MadeBundle | NotMade>
}

export type MakingBundle = {
  /** Throws its reason where it is no longer wanted. */
  signal?: AbortSignal
  /** It is given this name, and stays there. */
  keepAs?: string
  progress?(now: { done: number; of: number; phase: string }): void
}

/** A private key as it is kept in the settings. */
export function newBundleKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

export async function openBundleMaker(options: {
  dataDir: string
  privateKey: string
  source: BundleSource
  nowMs: () => number
}): Promise<BundleMaker> {
  const { source, nowMs } = options
  const root = path.join(options.dataDir, 'bundles')
  // What a server that was killed left behind.
  await rm(root, { recursive: true, force: true })
  const privateKey = createPrivateKey(options.privateKey)
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  const publicKey = der.subarray(publicKeyHead.length).toString('hex')
  let atOnce = 0

  async function makeIn(
    folder: string,
    of: BundleSubject,
    madeBy: Actor,
    content: { moment: Moment; scope: BundleScope },
    { signal, keepAs, progress }: MakingBundle,
  ): Promise<MadeBundle> {
    const madeAtMs = nowMs()
    const total = content.scope.events
    const report = (done: number, phase: string) => {
      signal?.throwIfAborted()
      progress?.({ done, of: Math.max(done, total), phase })
    }
    const files = await writeContent(folder, of, content, madeAtMs, (done) => report(done, 'reading the log'))
    const mark = markOf(nodeCrypto)
    const marker = blockMarker(mark)
    for await (const chunk of contentOf(folder, files)) {
      report(total, 'hashing and signing')
      marker.take(chunk)
    }
    const { leaves, bytes: contentBytes } = marker.end()
    const about = { madeAtMs, madeBy, of, files, leaves, contentBytes, key: publicKey }
    const { head, manifest } = bundleHead(about, nodeCrypto, mark, (message) => sign(null, message, privateKey))
    const file = await open(path.join(folder, 'bundle'), 'wx+', 0o600)
    try {
      await file.writeFile(head)
      for await (const chunk of contentOf(folder, files)) {
        report(total, 'writing the file')
        await file.writeFile(chunk)
      }
      if (keepAs !== undefined) await rename(path.join(folder, 'bundle'), keepAs)
      return { file, bytes: head.length + contentBytes, manifest }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async function writeContent(
    folder: string,
    of: BundleSubject,
    { moment, scope }: { moment: Moment; scope: BundleScope },
    madeAtMs: number,
    report: (events: number) => void,
  ): Promise<WrittenFile[]> {
    const written = new Map<ContentFile, Omit<WrittenFile, 'name'>>()
    const write = async (name: ContentFile, lines: Iterable<string> | AsyncIterable<string>) => {
      const file = await openLineFile(path.join(folder, name))
      try {
        for await (const line of lines) await file.write(line)
      } finally {
        written.set(name, await file.close())
      }
    }
    const state = emptyState()
    const snapshots = await openLineFile(path.join(folder, 'snapshots.ndjson'))
    let parts = 0
    await write(
      'events.ndjson',
      (async function* () {
        let line = 0
        for await (const event of source.events(of, moment, scope.beside)) {
          line += 1
          if (line % reportEvery === 0) report(line)
          yield eventLine(line, event)
          const stored = storedOf(event)
          applyEvent(state, stored, nothingTouched())
          if (stored.kind !== 'evidence.recorded') continue
          parts += 1
          const { session, seq, seenAtMs, atMs, data } = stored
          await snapshots.write(recordLine(parts, { session, seq, seenAtMs, atMs, ...data }))
        }
      })(),
    ).finally(async () => written.set('snapshots.ndjson', await snapshots.close()))
    const receipts = [...state.sessions.values()].flatMap((session) =>
      session.controls.map((record) => ({ session: session.session, ...projectControl(record, session) })),
    )
    const deeds = await source.audit(of, moment, scope.names, auditMax + 1)
    await write('audit.ndjson', numbered(deeds.slice(0, auditMax), auditLine))
    await write('receipts.ndjson', numbered(receipts, recordLine))
    await write('approvals.ndjson', numbered([...state.approvals.values()].map(projectApproval), recordLine))
    const madeAt = new Date(madeAtMs).toISOString()
    const leftOut = [
      ...(scope.besideLeftOut
        ? [`Events beside the sessions: only the first ${scope.beside.length} are in here.`]
        : []),
      ...(deeds.length > auditMax ? [`Deeds of the audit: only the first ${auditMax} are in here.`] : []),
    ].map((line) => `\n${line}\n`)
    await write('readme.txt', [readmeText({ key: publicKey, madeAt, sessions: of.sessions }) + leftOut.join('')])
    return contentFiles.map((name) => {
      const file = written.get(name)
      if (!file) throw new Error(`${name} of a bundle was not written`)
      return { name, ...file }
    })
  }

  return {
    publicKey,
    async make(of, by, how = {}) {
      if (atOnce >= atOnceMax)
        return { why: 'busy', detail: `${atOnceMax} bundles are being made: ask again in a moment` }
      atOnce += 1
      try {
        const moment = source.moment()
        const scope = await source.scope(of, moment)
        const missing = of.sessions.filter((session) => !scope.known.includes(session))
        if (missing.length > 0)
          return { why: 'unknown', detail: `no event in that time of: ${missing.slice(0, 5).join(', ')}` }
        if (scope.events > bundleEventsMax)
          return {
            why: 'too-large',
            detail: `${scope.events} events: narrow it with from and to, or ask for fewer sessions`,
          }
        await mkdir(root, { recursive: true, mode: 0o700 })
        const folder = await mkdtemp(path.join(root, 'made-'))
        try {
          return await makeIn(folder, of, by, { moment, scope }, how)
        } finally {
          // Who has it open goes on reading it; nobody else finds it.
          await rm(folder, { recursive: true, force: true })
        }
      } finally {
        atOnce -= 1
      }
    },
  }
}

async function* contentOf(folder: string, files: readonly WrittenFile[]): AsyncGenerator<Uint8Array> {
  for (const piece of contentPieces(files)) {
    if (!('file' in piece)) yield piece
    else for await (const chunk of createReadStream(path.join(folder, piece.file))) yield chunk as Buffer
  }
}

function* numbered<T>(records: Iterable<T>, lineOf: (line: number, record: T) => string): Generator<string> {
  let line = 0
  for (const record of records) {
    line += 1
    yield lineOf(line, record)
  }
}

/** As the reducer takes it, in today's shape. */
function storedOf({ version, dataJson, ...rest }: LoggedEvent): StoredEvent {
  return upgradeEvent({ ...rest, v: version, data: JSON.parse(dataJson) }) as unknown as StoredEvent
}
