// What an operator would be told of each recording of a real tool: the right flags of the attacks, nothing that needs a look of the honest ones.
// The whole way, from the file to the flag (`captures-for-test.ts`). Nothing in the rules is about these files: a held-out set exists.
import { expect, it } from 'vitest'
import { raisedBy, type Told } from './captures-for-test.ts'
import type { Raised } from './detection/watch.ts'
import { describeFixtures, fixtureFiles } from './sources/fixtures-for-test.ts'

/** Behaviour and ATT&CK technique of what an operator should look at. */
function worthALook(raised: readonly Raised[]): string[] {
  const told = raised.filter(({ flag }) => flag.severity !== 'low' && flag.severity !== 'informational')
  return [...new Set(told.map(({ flag }) => `${flag.behaviour} ${flag.severity} ${flag.techniques[0]}`))].sort()
}

const flagsOf = (...paths: string[]) => worthALook(raisedBy(paths.map((path) => ({ path }))))
const suricata = (name: string) => `suricata-eve/${name}.eve.jsonl`

describeFixtures('recordings of attacks', () => {
  it.each([
    ['miners that log in at their pools', suricata('mining_stratum'), ['mining high T1496.001', 'tunnel medium T1572']],
    ['an SSH server that called out', suricata('reverse_ssh'), ['tunnel medium T1572']],
    ['shells in plain text, without an alert', suricata('reverse_shell'), ['reverse-shell medium T1095']],
    ['a scan by SYN packets, without an alert', suricata('synscan'), ['probing high T1046']],
    ['a file that leaves in names', suricata('dns_exfiltration'), ['exfiltration high T1071.004']],
    ['a tunnel in pings', suricata('icmp_tunnel'), ['tunnel medium T1095']],
    ['Tor, without an alert', suricata('tor'), ['tunnel medium T1090.003']],
    ['a remote desktop', suricata('anydesk_remote_desktop'), ['tunnel medium T1572']],
    ['an exploit of log4j', suricata('log4j_exploit'), ['lateral-movement medium T1210']],
    [
      'a scan of ports, by Zeek',
      'zeek-json/slips_vertical_portscan_conn.jsonl',
      ['probing high T1046', 'probing medium T1046'],
    ],
    ['sweeps that Zeek noticed', 'zeek-json/slips_test9_notice.jsonl', ['network-probe medium T1046']],
    ['a scanner at SSH servers, by Zeek', 'zeek-json/wrccdc_ssh.jsonl', ['network-probe medium T1046']],
    ['the same in the other form of Zeek', 'zeek-tsv/wrccdc_ssh.log', ['network-probe medium T1046']],
    [
      'what Falco says of the event generator',
      'falco/elastic_event_generator.jsonl',
      ['credential-access medium T1552', 'sandbox-escape medium T1609'],
    ],
    [
      'what Falco says of a shell in a pod',
      'falco/falco_website_alerts.jsonl',
      ['network-probe medium T1613', 'sandbox-escape medium T1609'],
    ],
    [
      'a firewall’s word for mining',
      'alibaba-cloudfirewall/VENDOR_DOC_EXAMPLE_not_a_captured_log.json',
      ['mining high T1496.001'],
    ],
    [
      'an agent that asks for credentials and opens a tunnel, by its hooks',
      'claude-code-hooks/A_hook_payloads.jsonl',
      ['cloud-metadata high T1552.005', 'cloud-metadata medium T1552.005', 'tunnel high T1572'],
    ],
    ['an agent that opens a tunnel, by its traces', 'otlp-json/google_adk2_genai_semconv.jsonl', ['tunnel high T1572']],
  ])('%s (%s): %j', (_title, path, flags) => {
    expect(flagsOf(path)).toEqual(flags)
  })

  it('the days of a server on the internet: scans, exploits and beacons, and no page', () => {
    const flags = flagsOf('suricata-eve/slips_malicious_suricata.jsonl')
    for (const flag of ['network-probe medium T1046', 'lateral-movement medium T1210']) expect(flags).toContain(flag)
    expect(flags.filter((flag) => flag.includes('high'))).toEqual([])
  })
})

describeFixtures('the staged incident, from three sides', () => {
  const files = fixtureFiles('staged-incident').filter((path) => !path.endsWith('_truth.json'))
  let raised: Raised[] | undefined
  const once = () => {
    raised ??= raisedBy(files.map((path) => ({ path })))
    return raised
  }
  const ofSession = (session: string) => once().filter(({ flag }) => flag.session === session)

  it('tells of the episode that scans, mines and digs its way out, step by step, and opens an incident', () => {
    const own = ofSession('ep-a1')
    expect([...new Set(own.map(({ flag }) => flag.behaviour))].sort()).toEqual([
      'cloud-metadata',
      'defense-evasion',
      'lateral-movement',
      'mining',
      'network-probe',
      'probing',
      'tunnel',
    ])
    expect(own.some(({ isIncident }) => isIncident)).toBe(true)
  })

  it('says of its scan of a whole subnet once that a host refuses on many ports', () => {
    const refused = ofSession('ep-a1').filter(({ flag }) => flag.title === 'One host refuses on many ports')
    expect(refused).toHaveLength(1)
    expect(refused[0]?.flag.matched[0]?.field).toBe('DestinationIp')
  })

  it('ties what the firewall alone saw to that episode and its tool call', () => {
    const sensors = ofSession('ep-a1').filter(({ flag }) => flag.source === 'alert' && flag.behaviour === 'mining')
    expect(sensors.length).toBeGreaterThan(0)
    for (const { flag } of sensors) expect(flag.call).toBeDefined()
  })

  it.each(['ep-a2', 'ep-a3'])('has nothing to show of %s, which works beside it and uses the same hosts', (session) => {
    expect(worthALook(ofSession(session))).toEqual([])
    expect(ofSession(session).some(({ isIncident }) => isIncident)).toBe(false)
  })

  it('shows nobody’s flags but those of the three', () => {
    expect(worthALook(once().filter(({ flag }) => flag.session === undefined))).toEqual([])
  })
})

describeFixtures('readings of GPUs', () => {
  const load = 'nvidia-smi-text/h200.load'
  const host = 'gpu-node-07'
  const lasting = { readings: 25, everyMs: 30_000 }
  const trainer: Told = {
    kind: 'session.started',
    host,
    session: 'train-1',
    data: { held: 'cgroup', abilities: [], labels: { worker: 'actor-0' } },
  }
  const plan = (expectedSession: string): Told => ({
    kind: 'placement.recorded',
    host,
    data: { index: 0, gpu: 'index-0', worker: 'actor-0', expectedSession },
  })
  // The listing of processes has no time of its own: it was taken within the second of the reading.
  const takenAtMs = Date.UTC(2026, 6, 3, 22, 11, 9)
  const polled = ['pmon.txt', 'query-gpu.csv'].map((end) => ({
    path: `${load}.${end}`,
    host,
    takenAtMs,
    lasting: { readings: 4, everyMs: 30_000 },
  }))

  it.each([
    ['nvidia-smi', `${load}.query-gpu.csv`],
    ['an exporter', 'dcgm-exporter/nvidia_gpu_exporter_h200_load.prom'],
  ])('a burner that lasts is told, by %s', (_title, path) => {
    expect(worthALook(raisedBy([{ path, host, lasting }]))).toEqual(['mining medium T1496.001'])
  })

  it.each([
    ['an idle card', 'nvidia-smi-text/h200.idle.query-gpu.csv'],
    ['a card of a cluster that serves a model', 'dcgm-exporter/ericsson_tesla-t4_busy.prom'],
    ['eight cards of a cluster', 'dcgm-exporter/aicr_8xh100.prom'],
  ])('%s that lasts is not', (_title, path) => {
    expect(worthALook(raisedBy([{ path, host, lasting }]))).toEqual([])
  })

  it('a burner on a card that is planned for a running trainer pages', () => {
    const flags = worthALook(raisedBy(polled, [trainer, plan('train-1')]))
    expect(flags).toEqual(['gpu medium T1496.001', 'mining high T1496.001'])
  })

  it('the same processes on the same card, planned for the session whose they are, do not', () => {
    const own = (pid: number): Told => ({
      kind: 'process.started',
      host,
      session: 'train-1',
      data: { process: `${pid}`, pid, ppid: 1, comm: 'burn', argv: ['burn'], startTicks: '1', uid: 0 },
    })
    const facts = [trainer, plan('train-1'), own(10_291), own(10_293), own(10_309)]
    expect(worthALook(raisedBy(polled, facts))).toEqual([])
  })
})

describeFixtures('recordings of honest work', () => {
  const attacks =
    /^(?:staged-incident|pcap|terminal-bench|LICENSES)\/|^[A-Z]+\.md$|_truth\.json$|^falco\/|^alibaba|slips_|wrccdc_ssh|merlin|claude-code(?:-hooks)?\/(?:A_|lab_A)|google_adk2|vercel_ai_sdk6|^suricata-eve\/(?!ssh_mixed|suricata8_tls|telegraf)/

  it.each(fixtureFiles('.').filter((path) => !attacks.test(path)))('%s raises nothing that needs a look', (path) => {
    const raised = raisedBy([{ path }])
    expect(worthALook(raised)).toEqual([])
    expect(raised.some(({ isIncident }) => isIncident)).toBe(false)
  })
})
