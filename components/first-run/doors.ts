// The ways into an empty console: what each is for, the command to copy, and the least that its key may do. Pure.
// A command holds only what is known to be safe in a shell: our own key, this console's address, a host's name of letters and digits.

export type DoorName = 'run' | 'claude-code' | 'otlp' | 'probe' | 'import'
export type KeyScope = 'ingest' | 'sensor' | 'probe'

/** `key`: the text of a fresh key, or the name of the variable that will hold one. */
export type Filled = { origin: string; key: string; source: string; host: string }

export type Door = {
  name: DoorName
  title: string
  says: string
  /** None: it needs no key of its own. */
  scopes: readonly KeyScope[]
  /** It speaks for one host, which must be named first. */
  needsHost?: true
  command: (filled: Filled) => string
  /** What the tick waits for. */
  waitsFor: string
}

const hook = (arguments_: string, rest: object = {}) => [
  { hooks: [{ type: 'command', command: `npx vigil hook claude-code${arguments_}`, ...rest }] },
]
const hooks = {
  hooks: {
    PreToolUse: hook(' --timeout 590', { timeout: 600, onFailure: 'block' }),
    PostToolUse: hook(''),
    SessionStart: hook(' --canary'),
  },
}

export const doors: readonly Door[] = [
  {
    name: 'run',
    title: 'Run an agent',
    says: 'Any command, on a machine with a probe. The kernel sees it; it can be paused, cut off and ended.',
    scopes: [],
    command: () => 'npx vigil run --agent my-agent --task my-task -- python agent.py',
    waitsFor: 'a session that a host reports',
  },
  {
    name: 'claude-code',
    title: 'Connect Claude Code',
    says: 'It asks before each tool call, and runs only what is allowed. What cannot be asked is denied.',
    scopes: ['ingest'],
    command: ({ origin, key }) => `VIGIL_URL=${origin} VIGIL_KEY=${key} claude --settings '${JSON.stringify(hooks)}'`,
    waitsFor: 'its first hook with this key',
  },
  {
    name: 'otlp',
    title: 'Point an OpenTelemetry exporter here',
    says: 'Traces, logs and metrics over HTTP, protobuf or JSON. In the environment of the agent or trainer:',
    scopes: ['ingest'],
    command: ({ origin, key }) =>
      `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20${key}`,
    waitsFor: 'its first span, log or metric with this key',
  },
  {
    name: 'probe',
    title: 'Install a probe on another machine',
    says: 'Sees processes, connections and GPUs there, and enforces. As root with cgroup v2 it can prove a pause.',
    scopes: ['probe'],
    needsHost: true,
    command: ({ origin, key, host }) => `VIGIL_URL=${origin} VIGIL_PROBE_KEY=${key} npx vigil probe --host ${host}`,
    waitsFor: 'that host to connect',
  },
  {
    name: 'import',
    title: 'Import a file',
    says: 'Firewall, audit and agent logs, gzip or not; "npx vigil import --format list" names what can be read.',
    scopes: ['ingest', 'sensor'],
    command: ({ origin, key, source }) =>
      `VIGIL_URL=${origin} VIGIL_KEY=${key} npx vigil import --format auto --source ${source} eve.json.gz`,
    waitsFor: 'its first record',
  },
]

/** A host's name as it may stand in a command; undefined for anything that a shell could read otherwise. */
export function hostNameOf(text: string): string | undefined {
  const name = text.trim()
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) ? name : undefined
}

/** The key's name is the source's name too, so what comes in with it is told apart from all else. `random`: hexadecimal. */
export function keyNameOf(door: DoorName, random: string): string {
  return `${door}-${random}`
}
