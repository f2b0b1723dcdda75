// Recordings of real tools through the real readers: the detectors that should speak do, and those of innocent traffic are silent.
// Nothing is tuned to these files: each number stands in the catalogue for a reason of its own.
import { expect, it } from 'vitest'
import type { EventInput, StoredEvent } from '../../protocol/event.ts'
import type { GpuSample } from '../../protocol/sample.ts'
import { allSources } from '../../sources/all-sources.ts'
import { dcgmExporter } from '../../sources/dcgm-exporter.ts'
import { describeFixtures, fixtureBytes, fixtureFiles } from '../../sources/fixtures-for-test.ts'
import { hubble } from '../../sources/hubble.ts'
import { nvidiaSmiCsv } from '../../sources/nvidia-smi-csv.ts'
import { nvidiaSmiDmon } from '../../sources/nvidia-smi-dmon.ts'
import { readAll } from '../../sources/read-all-for-test.ts'
import type { RecordSource } from '../../sources/record-source.ts'
import { suricataEve } from '../../sources/suricata-eve.ts'
import { zeekJson } from '../../sources/zeek-json.ts'
import { zeekTsv } from '../../sources/zeek-tsv.ts'
import { readIncident } from '../../staged-incident.test-fixture.ts'
import type { DetectionEvent } from '../detection-event.ts'
import { createDetectionEvents, type Owner } from '../events/detection-events.ts'
import type { Flag } from '../flag.ts'
import { addFlag, noRisk, opensIncident, riskAt } from '../risk/session-risk.ts'
import { spokenOf } from './draw-network-for-test.ts'
import { createStatefulDetectors } from './stateful-detectors.ts'

function storedOf(events: readonly EventInput[], trust: StoredEvent['trust'] = 'firewall'): StoredEvent[] {
  return events.map(
    (event, index) =>
      ({ ...event, id: event.id ?? `e${index}`, partition: 0, seq: index, seenAtMs: event.atMs, trust }) as StoredEvent,
  )
}

function flagsOfStored(events: readonly StoredEvent[], owner?: (event: StoredEvent) => Owner | undefined): Flag[] {
  const reader = createDetectionEvents()
  const detectors = createStatefulDetectors()
  return events.flatMap((event) =>
    reader.ofEvent(event, owner?.(event)).events.flatMap((each) => detectors.observe(each)),
  )
}

function flagsOfFile(source: RecordSource, path: string): Flag[] {
  const { made } = readAll(source, fixtureBytes(path), { host: 'sensor' as never })
  return flagsOfStored(storedOf(made))
}

describeFixtures('recordings of Suricata', () => {
  it.each([
    ['synscan', ['vigil-external-scan', 'vigil-port-sweep']],
    ['dns_exfiltration', ['vigil-dns-exfiltration']],
    ['icmp_tunnel', ['vigil-icmp-tunnel']],
    ['mining_stratum', ['vigil-long-quiet-connection']],
  ])('%s: %s', (name, rules) => {
    const spoken = new Set(flagsOfFile(suricataEve, `suricata-eve/${name}.eve.jsonl`).map(({ rule }) => rule))
    expect(rules.filter((rule) => spoken.has(rule)).length, [...spoken].join()).toBeGreaterThan(0)
    for (const rule of spoken) expect(rules).toContain(rule)
  })

  it.each([
    'anydesk_remote_desktop',
    'log4j_exploit',
    'reverse_shell',
    'reverse_ssh',
    'ssh_mixed',
    'suricata8_dns_v3_first40',
    'suricata8_tls_doh',
    'tor',
  ])('%s shows nothing that needs counting: other detectors speak of it', (name) => {
    expect(spokenOf(flagsOfFile(suricataEve, `suricata-eve/${name}.eve.jsonl`))).toEqual([])
  })
})

describeFixtures('recordings of innocent traffic', () => {
  it.each(fixtureFiles('hubble').filter((path) => path.includes('basic-sample')))('%s is silent', (path) => {
    expect(spokenOf(flagsOfFile(hubble, path))).toEqual([])
  })

  it.each([...fixtureFiles('zeek-json'), ...fixtureFiles('zeek-tsv')])('%s is silent unless it is the scan', (path) => {
    const source = path.startsWith('zeek-json') ? zeekJson : zeekTsv
    const scan = ['vigil-port-sweep high', 'vigil-refusal-burst medium']
    expect(spokenOf(flagsOfFile(source, path))).toEqual(path.includes('vertical_portscan') ? scan : [])
  })
})

describeFixtures('readings of GPUs', () => {
  const readings = (source: RecordSource, path: string) =>
    readAll(source, fixtureBytes(path), { host: 'node-7' as never }).readings

  it.each([
    ...fixtureFiles('dcgm-exporter').map((path) => [path, dcgmExporter] as const),
    ...fixtureFiles('nvidia-smi-text').flatMap((path) =>
      path.endsWith('query-gpu.csv')
        ? [[path, nvidiaSmiCsv] as const]
        : path.endsWith('dmon.txt')
          ? [[path, nvidiaSmiDmon] as const]
          : [],
    ),
  ])('%s alone, a moment, tells of no mining, however busy', (path, source) => {
    const samples = readings(source, path)
    expect(samples.length).toBeGreaterThan(0)
    expect(spokenOf(observed(samples))).toEqual([])
  })

  it('a compute burner that stays as it was recorded for twelve minutes is told; an idle card is not', () => {
    const lasting = (state: string) =>
      readings(nvidiaSmiCsv, `nvidia-smi-text/h200.${state}.query-gpu.csv`).flatMap((sample) =>
        Array.from({ length: 25 }, (_, n) => ({ ...sample, atMs: sample.atMs + n * 30_000 })),
      )
    expect(spokenOf(observed(lasting('load')))).toEqual(['vigil-gpu-mining-shape medium'])
    expect(spokenOf(observed(lasting('idle')))).toEqual([])
  })

  function observed(samples: readonly GpuSample[]): Flag[] {
    const reader = createDetectionEvents()
    const detectors = createStatefulDetectors()
    const events: DetectionEvent[] = [...samples]
      .sort((a, b) => a.atMs - b.atMs)
      .flatMap((sample) => reader.ofGpuSample(sample))
    return events.flatMap((event) => detectors.observe(event))
  }
})

describeFixtures('the staged incident', () => {
  it('the episode that scans the inside is told of, and the two innocent ones are not', () => {
    const { truth, firewall, audit, traces } = readIncident('A')
    const ownerOf = (event: StoredEvent): Owner | undefined => {
      const data = event.data as { traffic?: { source: { address: string } } }
      const episode = truth.episodes.find(({ ip }) => ip === data.traffic?.source.address)
      return episode && { session: episode.id }
    }
    const events = [...firewall, ...audit, ...traces].sort((a, b) => a.atMs - b.atMs)
    const flags = flagsOfStored(events, ownerOf)
    const bySession = (session: string) => spokenOf(flags.filter((flag) => flag.session === session))
    expect(bySession('ep-a1')).toContain('vigil-internal-probing high')
    expect(bySession('ep-a2')).toEqual([])
    expect(bySession('ep-a3')).toEqual([])
    const opens = (session: string) => {
      const own = flags.filter((flag) => flag.session === session)
      const risk = own.reduce((sum, flag) => addFlag(sum, flag, flag.atMs), noRisk)
      return opensIncident(riskAt(risk, own.at(-1)?.atMs ?? 0))
    }
    expect(['ep-a1', 'ep-a2', 'ep-a3'].map(opens)).toEqual([true, false, false])
  })

  it('shows the scan also where nobody knows whose the flows are, by the address', () => {
    const flags = flagsOfStored(readIncident('A').firewall)
    expect(flags.map(({ rule }) => rule)).toContain('vigil-internal-probing')
  })
})

describeFixtures('recordings of agents at honest work', () => {
  const folders = [
    'claude-code',
    'claude-code-hooks',
    'swe-agent-traj',
    'inspect-ai',
    'otlp-json',
    'langfuse-trace',
    'openinference-phoenix',
  ]

  it.each(folders)('%s: no detector has anything to say', (folder) => {
    let actions = 0
    for (const path of fixtureFiles(folder)) {
      const bytes = fixtureBytes(path)
      const head = new TextDecoder().decode(bytes.subarray(0, 4_096))
      const source = allSources.find((each) => each.looksLike(head, path.slice(path.lastIndexOf('/') + 1)))
      if (source === undefined) continue
      const { made } = readAll(source, bytes, { session: 'ep-1' as never })
      actions += made.filter(({ kind }) => kind === 'action.started').length
      expect(spokenOf(flagsOfStored(storedOf(made, 'agent'))), path).toEqual([])
    }
    expect(actions, 'recordings with tool calls').toBeGreaterThan(0)
  })
})
