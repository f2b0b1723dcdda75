// How fast `vigil import` reads each format, beside a bare reading of the same bytes in the same run, and what memory it takes of a file
// of 1 GB. Measured on the built command, without a server; then once with one.
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { key } from '../product.ts'
import type { Cleanup } from './cleanup.ts'
import type { Figure } from './figure.ts'

const root = path.resolve(import.meta.dirname, '..')
const fixtures = path.resolve(root, '../shared/fixtures')
const fileBytes = 24 * 1024 * 1024
const largeBytes = 1024 ** 3

/** Formats of lines, and where lines of them lie. Documents are read once each and say little of a rate. */
const samples: readonly (readonly [format: string, from: string])[] = [
  ['suricata-eve', 'suricata-eve/slips_malicious_suricata.jsonl'],
  ['zeek-json', 'zeek-json/slips_vertical_portscan_conn.jsonl'],
  ['zeek-tsv', 'zeek-tsv/wrccdc_dns_first2000.log'],
  ['hubble', 'hubble/basic-sample-400-tcp-flows.jsonl'],
  ['aws-network-firewall', 'aws-network-firewall/netfw_flow_alert.jsonl'],
  ['aws-vpc-flow', 'aws-vpc-flow/otel_valid_vpc_flow_log_multi.log'],
  ['falco', 'falco/falco_website_alerts.jsonl'],
  ['tetragon', 'tetragon/merlin_agent_c2_ssh_exfil.jsonl'],
  ['auditd', 'staged-incident/A_auditd.log'],
  ['nvidia-smi-pmon', 'nvidia-smi-text/h200.load.pmon.txt'],
  ['claude-code-transcript', 'claude-code/tool_heavy.jsonl'],
  ['otlp-json', 'staged-incident/A_otlp_traces.jsonl'],
]

type Read = { records: number; bytes: number; events: number; tookMs: number; accepted?: number }

export async function parseFigures(
  cleanup: Cleanup,
  product: { url: string },
  say: (line: string) => void,
): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigil-bench-parse-'))
  cleanup.later('its files', () => rmSync(folder, { recursive: true, force: true }))
  const figures: Figure[] = []
  const known = await listFormats()
  for (const [format, from] of samples) {
    const sample = path.join(fixtures, from)
    if (!known.has(format) || !existsSync(sample)) {
      say(`parse: ${format} left out: ${existsSync(sample) ? 'not a format of this build' : `no ${from}`}`)
      continue
    }
    const file = path.join(folder, `${format}.log`)
    await repeated(sample, file, fileBytes)
    const { read } = await importing(file, format, ['--dry-run', '--host', 'bench'])
    const bareMs = await bareReading(file)
    const seconds = read.tookMs / 1_000
    const name = format.replaceAll('-', '_')
    const note = `${(read.bytes / read.records).toFixed(0)} bytes a record; bare (lines${isJson(format) ? ', JSON.parse' : ''}) ${(read.bytes / 1e3 / bareMs).toFixed(0)} MB/s`
    figures.push(
      { group: 'parse', name: `parse_${name}_records_per_s`, value: read.records / seconds, unit: 'records/s', note },
      { group: 'parse', name: `parse_${name}_mb_per_s`, value: read.bytes / 1e6 / seconds, unit: 'MB/s' },
    )
    rmSync(file)
  }
  const base = path.join(fixtures, 'suricata-eve/slips_malicious_suricata.jsonl')
  if (existsSync(base)) {
    say('parse: memory of a file of 1 GB')
    const small = path.join(folder, 'small.log')
    const large = path.join(folder, 'large.log')
    await repeated(base, small, 64 * 1024 * 1024)
    await repeated(base, large, largeBytes)
    const smallPeak = await importing(small, 'suricata-eve', ['--dry-run'])
    const largePeak = await importing(large, 'suricata-eve', ['--dry-run'])
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
    const { read } = await importing(small, 'suricata-eve', ['--source', 'bench'], product.url)
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

const isJson = (format: string) => !/tsv|vpc|auditd|pmon/.test(format)

/** The sample again and again, each round with other times, so that little of it is a repeat. */
async function repeated(sample: string, file: string, bytes: number): Promise<void> {
  const text = readFileSync(sample, 'utf8')
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
  file: string,
  format: string,
  more: string[],
  url = 'http://127.0.0.1:9',
): Promise<{ read: Read; peakMib: number }> {
  const child = spawn(
    process.execPath,
    [path.join(root, 'dist/cli.mjs'), 'import', '--format', format, '--host', 'bench', '--json', ...more, file],
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
  return { read: JSON.parse(said) as Read, peakMib: peakKib / 1_024 }
}

/** The least that a reader of such a file must do: find its lines, and parse those that are JSON. */
async function bareReading(file: string): Promise<number> {
  const source = `
const { createReadStream } = require('node:fs'); const { createInterface } = require('node:readline')
const started = performance.now(); let n = 0
createInterface({ input: createReadStream(process.argv[1]) })
  .on('line', (line) => { if (line[0] === '{') JSON.parse(line); n += 1 })
  .on('close', () => console.log(performance.now() - started))`
  const child = spawn(process.execPath, ['-e', source, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  await new Promise((resolve) => child.once('exit', resolve))
  return Number(said)
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
