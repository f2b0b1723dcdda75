// Every recording of every real tool, through the reader that `--format auto` finds for it: nothing crashes, every record is told once, and
// reading a file again makes the very same events.
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allSources } from './all-sources.ts'
import { describeFixtures, fixtureBytes, fixtureFiles } from './fixtures-for-test.ts'
import { readAll } from './read-all-for-test.ts'

/** Folders of the recordings, and the formats that lie there. */
const folders: Readonly<Record<string, readonly string[]>> = {
  'suricata-eve': ['suricata-eve'],
  'zeek-json': ['zeek-json'],
  'zeek-tsv': ['zeek-tsv'],
  'aws-vpc-flow': ['aws-vpc-flow'],
  'aws-network-firewall': ['aws-network-firewall'],
  'gcp-flow-firewall': ['gcp-logging'],
  'alibaba-cloudfirewall': ['alibaba-cloud-firewall'],
  hubble: ['hubble'],
  auditd: ['auditd'],
  falco: ['falco'],
  tetragon: ['tetragon'],
  'dcgm-exporter': ['dcgm-exporter'],
  'nvidia-smi-xml': ['nvidia-smi-xml'],
  'nvidia-smi-text': [
    'nvidia-smi-csv',
    'nvidia-smi-compute-apps',
    'nvidia-smi-pmon',
    'nvidia-smi-dmon',
    'nvidia-smi-text',
  ],
  'otlp-json': ['otlp-json'],
  'claude-code': ['claude-code-transcript'],
  'claude-code-hooks': ['claude-code-hooks', 'claude-code-stream'],
  'langfuse-trace': ['langfuse'],
  'openinference-phoenix': ['openinference'],
  'inspect-ai': ['inspect-ai'],
  'swe-agent-traj': ['swe-agent'],
  openhands: ['openhands'],
  'staged-incident': ['suricata-eve', 'auditd', 'otlp-json'],
}
/** Not formats of the issue: recordings of terminals, packet captures, what really happened. */
const noFormat = /^(?:terminal-bench|pcap)\/|_truth\.json$/

const files = Object.keys(folders)
  .flatMap((folder) => fixtureFiles(folder))
  .filter((file) => !noFormat.test(file))
const candidates = (file: string) => {
  const head = new TextDecoder().decode(fixtureBytes(file).subarray(0, 65_536))
  return allSources.filter((source) => source.looksLike(head, basename(file)))
}

describe('the list of formats', () => {
  it('has each name once, fit for an address', () => {
    const names = allSources.map((source) => source.format)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{1,40}$/)
  })
})

describeFixtures('every recording', () => {
  it('has a folder that this test knows', () => {
    const known = new Set(Object.keys(folders))
    const unknown = fixtureFiles('.')
      .map((file) => file.split('/')[0] ?? '')
      .filter(
        (folder) => !known.has(folder) && !/^(?:LICENSES|terminal-bench|pcap|README\.md|PROVENANCE\.md)$/.test(folder),
      )
    expect([...new Set(unknown)]).toEqual([])
  })

  it.each(files)('%s is read by one format, each record told once, twice the same', (file) => {
    const found = candidates(file)
    const allowed = folders[file.split('/')[0] ?? ''] ?? []
    expect(found.map((source) => source.format)).toHaveLength(1)
    const source = found[0]
    if (!source) return
    expect(allowed).toContain(source.format)
    const context = { fileName: basename(file), host: 'fixture-host' as never, recordedAtMs: 1_795_000_000_000 }
    const once = readAll(source, fixtureBytes(file), context)
    const sum = (list: readonly { count: number }[]) => list.reduce((total, { count }) => total + count, 0)
    expect(once.records).toBe(sum(once.understood) + sum(once.skipped) + sum(once.refused))
    expect(once.records).toBeGreaterThan(0)
    expect(once.refusals.filter(({ reason }) => /fault of ours|does not fit/.test(reason))).toEqual([])
    const later = readAll(source, fixtureBytes(file), { ...context, nowMs: 1_795_900_000_000 }, 4_096)
    expect(later.made.map((event) => event.id)).toEqual(once.made.map((event) => event.id))
    expect(later.readings).toEqual(once.readings)
    if (process.env.VIGIL_FIXTURE_TABLE)
      console.log(
        `TABLE | ${file} | ${source.format} | ${once.lines} | ${once.records} | ${sum(once.understood)} | ${sum(once.skipped)} | ${sum(once.refused)} | ${once.events} | ${once.samples} | ${new Set(once.made.map((event) => event.id)).size}`,
      )
  })
})
