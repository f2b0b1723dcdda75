// The `vigil` command line. Thin: it parses, calls, and turns a thrown Error into one line and an exit code. Only the command that is called is
// loaded: a hook is started for every call of an agent.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'

const program = new Command('vigil')
  .description('A live incident console for AI agents: see a session, stop it, and prove that it stopped.')
  .enablePositionalOptions()
  .showHelpAfterError('(see --help)')
  .addHelpText(
    'after',
    `
Examples:
  vigil run --agent coder --task "fix the tests" -- claude -p "fix the tests"
  vigil probe --url https://vigil.example --key-file probe.key
  vigil key create --name build --scope ingest >ingest.key
  vigil import --format suricata-eve --source edge-fw --follow /var/log/suricata/eve.json
  vigil detect --format commands commands.ndjson
  vigil audit verify
  vigil bundle --session ep-1 -o ep-1.tar && vigil verify ep-1.tar
  vigil backup vigil-2026-11-29.backup
  vigil drill rome

Environment:
  VIGIL_URL   the server (http://localhost:3000)
  VIGIL_KEY   API key for "key", "audit", "bundle", "drill", "import", "hook" and "mcp…"; never handed to a command under "run"
  VIGIL_TOKEN token of the session, which "run" gives its command: for "hook" and "mcp…"
  VIGIL_DATA  data folder in which the probe answers, and "backup" and "restore" work (.vigil here, else Vigil's own folder)`,
  )

const terminal = {
  out: (text: string) => void process.stdout.write(text),
  explain: (text: string) => void process.stderr.write(text),
}

/** Each adds its command to the program. */
const commands: Record<string, () => Promise<void>> = {
  async run() {
    const { addRunCommand } = await import('./run-command.ts')
    addRunCommand(program)
  },
  async probe() {
    addProbeCommand(program)
  },
  async key() {
    const [{ addKeyCommands }, { reachOf }] = await Promise.all([import('./key.ts'), import('./call-api.ts')])
    addKeyCommands(program, () => reachOf(process.env), terminal)
  },
  async audit() {
    const [{ addAuditCommands }, { reachOf }] = await Promise.all([import('./audit.ts'), import('./call-api.ts')])
    addAuditCommands(program, () => reachOf(process.env), terminal)
  },
  async verify() {
    const { addVerifyCommand } = await import('./verify-bundle.ts')
    addVerifyCommand(program, terminal)
  },
  async bundle() {
    const [{ addBundleCommand }, { reachOf }] = await Promise.all([import('./make-bundle.ts'), import('./call-api.ts')])
    addBundleCommand(program, () => reachOf(process.env), terminal)
  },
  async open() {
    const { addOpenCommand } = await import('./open-bundle.ts')
    addOpenCommand(program, terminal)
  },
  async backup() {
    await addBackups()
  },
  async restore() {
    await addBackups()
  },
  async drill() {
    const [{ addDrillCommands }, { reachOf }] = await Promise.all([
      import('./drill-command.ts'),
      import('./call-api.ts'),
    ])
    addDrillCommands(program, () => reachOf(process.env), terminal)
  },
  async 'drill-far-end'() {
    const { addDrillFarEndCommand } = await import('./drill-command.ts')
    addDrillFarEndCommand(program)
  },
  async import() {
    const [{ addImportCommand }, { reachOf }] = await Promise.all([import('./import.ts'), import('./call-api.ts')])
    addImportCommand(program, () => reachOf(process.env), {
      ...terminal,
      isTerminal: process.stderr.isTTY === true,
      stateFolder: path.join(process.env.VIGIL_DATA ?? '.vigil', 'import'),
    })
  },
  async detect() {
    const { addDetectCommand } = await import('./detect.ts')
    addDetectCommand(program, { ...terminal, root: fileURLToPath(new URL('..', import.meta.url)) })
  },
  async hook() {
    const { addHookCommand } = await import('./hook.ts')
    addHookCommand(program, {
      input: process.stdin,
      out: (text) =>
        new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve()))),
      explain: terminal.explain,
      env: process.env,
    })
  },
  async mcp() {
    const { addMcpCommand } = await import('./mcp-command.ts')
    addMcpCommand(program, terminal.explain)
  },
  async 'mcp-permission'() {
    const { addMcpPermissionCommand } = await import('./mcp-permission.ts')
    addMcpPermissionCommand(program, terminal.explain)
  },
}

/** One file has both; without a command both are listed once. */
async function addBackups(): Promise<void> {
  if (program.commands.some((command) => command.name() === 'backup')) return
  const { addBackupCommands } = await import('./backup.ts')
  const root = fileURLToPath(new URL('..', import.meta.url))
  addBackupCommands(program, { ...terminal, env: process.env, isTerminal: process.stderr.isTTY === true, root })
}

const called = process.argv[2] ?? ''
const wanted = Object.hasOwn(commands, called) ? [called] : Object.keys(commands)
try {
  for (const name of wanted) await commands[name]?.()
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`vigil: ${error instanceof Error ? error.message : String(error)}\n`)
  // As `env` and `docker run` do: the command itself was never started. A hook that could not ask must block.
  process.exitCode = called === 'run' ? 125 : called === 'hook' ? 2 : 1
}
// Signal handlers, a standard input without an end and the probe's line would hold the process after these; `probe` ends by itself.
if (['run', 'drill', 'hook', 'mcp', 'mcp-permission'].includes(called)) process.exit()

function addProbeCommand(to: Command): void {
  to.command('probe')
    .description('observe and enforce on this host, for a Vigil server')
    .option('--url <url>', 'the server (VIGIL_URL)')
    .option('--key-file <file>', 'file with the probe key (VIGIL_PROBE_KEY_FILE)')
    .option('--data <folder>', 'data folder (VIGIL_DATA)')
    .option('--host <name>', 'name of this host (VIGIL_HOST)')
    .option('--spool-mib <n>', 'most disk the spool may use (VIGIL_SPOOL_MIB, 256)')
    .option('--system-socket', 'also answer on /run/vigil/probe.sock')
    .action(async () => {
      const here = ['./probe.mjs', '../probe/main.ts']
        .map((file) => new URL(file, import.meta.url))
        .find((url) => existsSync(url))
      if (!here) throw new Error('the probe is not built: run "npm run build" first')
      const at = process.argv.indexOf('probe')
      process.argv.splice(1, at, here.pathname)
      await import(here.href)
    })
}
