// Draws what a session does in text: one line an event, `mm:ss verb words…`, with `xN` or `xN/S` (every S seconds) for many. For tests only.
//
//   00:00 open   198.51.100.7:443          a connection that came about
//   00:01 refuse 10.0.0.1..40:22           forty machines that refuse
//   00:02 silent 10.0.0.9:1..99            ninety-nine ports that do not answer
//   00:05 open   198.51.100.7:8443 x20/30  by the clock, every 30 s
//   00:10 move   198.51.100.7:22 out=100 in=20 age=900 open
//   00:11 dns    w0rd.example.com
//   01:00 gpu    GPU-a use=99 watts=630 memory=8 of=80 x40/30   (memory in GB)
//   01:00 train  step=7   · action c1 bash ls   · exec ls   · probe lost   · session started   · agent call-ended c1 ok
//   01:00 gate   denied c1 Bash
import type { DetectionEvent, Fields, LogSource } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { createStatefulDetectors, type StatefulOptions } from './stateful-detectors.ts'

export const drawnStartMs = 1_790_000_000_000
export const drawnSession = 'ep-7f3a91'
export const drawnHost = 'gpu-node-17'

const isPrivate = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/
function scopeOf(address: string): string {
  if (address.startsWith('127.')) return 'loopback'
  return isPrivate.test(address) ? 'private' : address === '169.254.169.254' ? 'metadata' : 'public'
}

/** `a.b.c.1..40:22` or `a.b.c.d:1..99` as many ends. */
function endsOf(word: string): { address: string; port: number }[] {
  const at = word.lastIndexOf(':')
  const addresses = spread(word.slice(0, at))
  const ports = spread(word.slice(at + 1)).map(Number)
  return addresses.flatMap((address) => ports.map((port) => ({ address, port })))
}

function spread(word: string): string[] {
  const range = /^(.*?)(\d+)\.\.(\d+)$/.exec(word)
  if (range === null) return [word]
  const [, before = '', from = '0', to = '0'] = range
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${before}${Number(from) + index}`)
}

type Given = { words: string[]; named: Map<string, string>; has(word: string): boolean }
type Drawn = { source: LogSource; fields: Fields; call?: string }

function connection(word: string, more: Fields): Drawn[] {
  return endsOf(word).map(({ address, port }) => ({
    source: 'connection',
    fields: {
      DestinationIp: address,
      DestinationPort: port,
      DestinationScope: scopeOf(address),
      Protocol: 'tcp',
      Direction: 'out',
      ...more,
    },
  }))
}

const verbs: Record<string, (given: Given) => Drawn[]> = {
  open: ({ words }) => connection(words[0] ?? '', {}),
  refuse: ({ words }) => connection(words[0] ?? '', { Refused: true }),
  silent: ({ words }) => connection(words[0] ?? '', { Unanswered: true }),
  move: ({ words, named, has }) =>
    connection(words[0] ?? '', {
      Protocol: named.get('proto') ?? 'tcp',
      BytesOut: Number(named.get('out') ?? 0),
      BytesIn: Number(named.get('in') ?? 0),
      PacketsOut: Number(named.get('packets') ?? 0),
      DurationMs: Number(named.get('age') ?? 0) * 1_000,
      Open: has('open'),
    }).map((each) => ({ ...each, source: 'traffic' })),
  dns: ({ words }) => [{ source: 'dns', fields: { QueryName: words[0] ?? '', QueryType: words[1] ?? 'A' } }],
  gpu: ({ words, named, has }) => [
    {
      source: 'gpu',
      fields: {
        Gpu: words[0] ?? '',
        UtilizationPercent: Number(named.get('use') ?? 0),
        PowerWatts: named.has('watts') ? Number(named.get('watts')) : undefined,
        MemoryUsedBytes: Number(named.get('memory') ?? 0) * 1e9,
        MemoryTotalBytes: named.has('of') ? Number(named.get('of')) * 1e9 : undefined,
        OnTask: has('off-task') ? false : has('on-task') ? true : undefined,
      },
    },
  ],
  train: ({ named }) => [{ source: 'trainer', fields: { Phase: 'train', Step: Number(named.get('step') ?? 0) } }],
  action: ({ words }) => [
    { source: 'action', fields: { Tool: words[1] ?? '', Input: words.slice(2).join(' ') }, call: words[0] ?? '' },
  ],
  exec: ({ words }) => [{ source: 'process', fields: { Image: `/usr/bin/${words[0]}`, CommandLine: words.join(' ') } }],
  probe: ({ words }) => [{ source: 'telemetry', fields: { Stream: 'probe', State: words[0] } }],
  session: ({ words }) => [{ source: 'telemetry', fields: { Stream: 'session', State: words[0] } }],
  agent: ({ words }) => [
    {
      source: 'telemetry',
      fields: { Stream: 'agent', State: words[0], Outcome: words[2] },
      ...(words[1] && { call: words[1] }),
    },
  ],
  gate: ({ words }) => [
    { source: 'telemetry', fields: { Stream: 'gate', State: words[0], Tool: words[2] }, call: words[1] ?? '' },
  ],
  gap: ({ words }) => [{ source: 'telemetry', fields: { Stream: 'log', State: 'gap', Count: Number(words[0]) } }],
}

export function drawNetwork(drawing: string, session: string | undefined = drawnSession): DetectionEvent[] {
  const events: DetectionEvent[] = []
  for (const line of drawing.split('\n').map((each) => each.trim())) {
    if (line === '') continue
    const [time = '', verb = '', ...rest] = line.split(/\s+/)
    const many = /^x(\d+)(?:\/([\d.]+))?$/.exec(rest.at(-1) ?? '')
    const words = many ? rest.slice(0, -1) : rest
    const draw = verbs[verb]
    if (draw === undefined) throw new Error(`no such verb in a drawing: ${verb}`)
    const named = new Map(
      words.filter((word) => word.includes('=')).map((word) => word.split('=', 2) as [string, string]),
    )
    const given = { words, named, has: (word: string) => words.includes(word) }
    const [minutes = 0, seconds = 0] = time.split(':').map(Number)
    for (let index = 0; index < Number(many?.[1] ?? 1); index += 1) {
      const atMs = drawnStartMs + (minutes * 60 + seconds + index * Number(many?.[2] ?? 1)) * 1_000
      for (const { source, fields, call } of draw(given))
        events.push({
          source,
          atMs,
          session: verb === 'probe' ? undefined : session,
          host: drawnHost,
          call,
          fields,
          notFully: undefined,
        })
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

export function flagsOf(events: readonly DetectionEvent[], options: StatefulOptions = {}): Flag[] {
  const detectors = createStatefulDetectors(options)
  return events.flatMap((event) => detectors.observe(event))
}

/** Which detectors speak, each once, with the worst severity that it gave: `vigil-beaconing medium`. */
export function spokenOf(flags: readonly Flag[]): string[] {
  return [...new Set(flags.map(({ rule, severity }) => `${rule} ${severity}`))].sort()
}

export function detect(drawing: string, options: StatefulOptions = {}): string[] {
  return spokenOf(flagsOf(drawNetwork(drawing), options))
}
