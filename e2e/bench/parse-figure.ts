// How fast `vigil import` reads each format, beside a bare reading of the same bytes in the same run, and what memory it takes of a file
// of 1 GB. Measured on the built command, without a server; then once with one.
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { key } from '../product.ts'
import type { Cleanup } from './cleanup.ts'
import type { Figure } from './figure.ts'
import { fixtures, type ParseSample, parseSamples } from './parse-samples.ts'

const root = path.resolve(import.meta.dirname, '..')
const fileBytes = 24 * 1024 * 1024
const documentsMax = 400
const largeBytes = 1024 ** 3

type Read = { records: number; bytes: number; events: number; tookMs: number; accepted: number }

export async function parseFigures(
  cleanup: Cleanup,
  product: { url: string },
  say: (line: string) => void,
): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigil-bench-parse-'))
  cleanup.later('its files', () => rmSync(folder, { recursive: true, force: true }))
  const figures: Figure[] = []
  const known = await listFormats()
  for (const sample of parseSamples) {
    const files = known.has(sample.format) ? await filesOf(sample, folder) : []
    if (files.length === 0) {
      say(
        `parse: ${sample.format} left out: ${known.has(sample.format) ? 'its recording is absent' : 'not a format here'}`,
      )
      continue
    }
    figures.push(...(await figuresOf(sample, files)))
  }
  const base = path.join(fixtures, 'suricata-eve/slips_malicious_suricata.jsonl')
  if (existsSync(base)) {
    say('parse: memory of a file of 1 GB')
    const small = path.join(folder, 'small.log')
    const large = path.join(folder, 'large.log')
    await repeated(readFileSync(base, 'utf8'), small, 64 * 1024 * 1024)
    await repeated(readFileSync(base, 'utf8'), large, largeBytes)
    const smallPeak = await importing([small], 'suricata-eve', ['--dry-run'])
    const largePeak = await importing([large], 'suricata-eve', ['--dry-run'])
    figures.push(
      {
        group: 'parse',
        name: 'import_64mb_peak_rss_mib',
        value: smallPeak.peakMib,
        unit: 'MiB',
        note: 'the command, reading 64 MB',
      },
      {
        group: 'parse',
        name: 'import_1gb_peak_rss_mib',
        value: largePeak.peakMib,
        unit: 'MiB',
        aim: { atMost: smallPeak.peakMib * 1.5 },
        note: `reading ${(statSync(large).size / 1e6).toFixed(0)} MB took ${(largePeak.read.tookMs / 1_000).toFixed(1)} s`,
      },
    )
    rmSync(large)
    say('parse: into the log of a server')
    const { read } = await importing([small], 'suricata-eve', ['--source', 'bench'], product.url)
    figures.push({
      group: 'parse',
      name: 'import_to_log_records_per_s',
      value: read.records / (read.tookMs / 1_000),
      unit: 'records/s',
      note: `read, sent, durable; ${read.accepted} events, most of them repeats of the sample`,
    })
  }
  return figures
}

/** The files that the command is given: one of many lines, or one document many times. */
async function filesOf(sample: ParseSample, folder: string): Promise<string[]> {
  const file = path.join(folder, `${sample.format}.log`)
  if ('written' in sample) {
    await repeated(sample.written, file, fileBytes)
    return [file]
  }
  const from = path.join(fixtures, 'lines' in sample ? sample.lines : sample.document)
  if (!existsSync(from)) return []
  if ('lines' in sample) {
    await repeated(readFileSync(from, 'utf8'), file, fileBytes)
    return [file]
  }
  const count = Math.min(documentsMax, Math.ceil(fileBytes / statSync(from).size))
  return Array.from({ length: count }, () => from)
}

async function figuresOf({ format }: ParseSample, files: string[]): Promise<Figure[]> {
  const { read } = await importing(files, format, ['--dry-run'])
  const { tookMs, what } = await bareReading(files)
  const seconds = read.tookMs / 1_000
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  const name = format.replaceAll('-', '_')
  const note = `${(bytes / read.records).toFixed(0)} bytes a record; bare (${what}) ${(bytes / 1e3 / tookMs).toFixed(0)} MB/s`
  return [
    { group: 'parse', name: `parse_${name}_records_per_s`, value: read.records / seconds, unit: 'records/s', note },
    { group: 'parse', name: `parse_${name}_mb_per_s`, value: bytes / 1e6 / seconds, unit: 'MB/s' },
  ]
}

/** The sample again and again, each round with other times, so that little of it is a repeat. */
async function repeated(text: string, file: string, bytes: number): Promise<void> {
  const out = createWriteStream(file)
  let written = 0
  for (let round = 0; written < bytes; round += 1) {
    const piece = text.replaceAll('"flow_id":', `"round":${round},"flow_id":`)
    written += piece.length
    if (!out.write(piece.endsWith('\n') ? piece : `${piece}\n`))
      await new Promise<void>((resolve) => out.once('drain', () => resolve()))
  }
  await new Promise<void>((resolve) => out.end(() => resolve()))
}

async function importing(
  files: string[],
  format: string,
  more: string[],
  url = 'http://127.0.0.1:9',
): Promise<{ read: Read; peakMib: number }> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'dist/cli.mjs'), 'import', '--format', format, '--host', 'bench', '--json', ...more, ...files],
    {
      env: { ...process.env, VIGIL_URL: url, VIGIL_KEY: key },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  let peakKib = 0
  const timer = setInterval(() => {
    const status = `/proc/${child.pid}/status`
    const match = existsSync(status) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8')) : null
    peakKib = Math.max(peakKib, Number(match?.[1] ?? 0))
  }, 50)
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearInterval(timer)
  if (code !== 0) throw new Error(`vigil import of ${format} ended with ${code}`)
  return { read: sumOf(said), peakMib: peakKib / 1_024 }
}

/** The command answers with a line for each file. */
function sumOf(said: string): Read {
  const sum: Read = { records: 0, bytes: 0, events: 0, tookMs: 0, accepted: 0 }
  for (const line of said.split('\n').filter((each) => each !== '')) {
    const read = JSON.parse(line) as Read
    sum.records += read.records
    sum.bytes += read.bytes
    sum.events += read.events
    sum.tookMs += read.tookMs
    sum.accepted += read.accepted
  }
  return sum
}

/** The least that a reader of such files must do: find their lines and parse those that are JSON; a document is parsed whole. */
async function bareReading(files: string[]): Promise<{ tookMs: number; what: string }> {
  const source = `
const { createReadStream, readFileSync } = require('node:fs'); const { createInterface } = require('node:readline')
const files = process.argv.slice(1); const started = performance.now(); let n = 0; let json = 0
const done = () => console.log(JSON.stringify([performance.now() - started, n, json]))
if (files.length > 1) {
  for (const file of files) { const text = readFileSync(file, 'utf8'); n += 1; try { JSON.parse(text); json += 1 } catch {} }
  done()
} else createInterface({ input: createReadStream(files[0]) })
  .on('line', (line) => { n += 1; if (line[0] === '{') { JSON.parse(line); json += 1 } })
  .on('close', done)`
  const child = spawn(process.execPath, ['-e', source, ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  await new Promise((resolve) => child.once('exit', resolve))
  const [tookMs = 0, , json = 0] = JSON.parse(said) as number[]
  const unit = files.length > 1 ? 'documents' : 'lines'
  return { tookMs, what: json > 0 ? `${unit}, JSON.parse` : unit }
}

async function listFormats(): Promise<ReadonlySet<string>> {
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.mjs'), 'import', '--format', 'list'])
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  await new Promise((resolve) => child.once('exit', resolve))
  return new Set(said.split('\n').map((line) => line.split(' ')[0] ?? ''))
}
