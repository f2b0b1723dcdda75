// The `vigil` command line. Thin: it parses, calls, and turns a thrown Error into one line and an exit code.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { RunRequest } from '../server/protocol/run-messages.ts'
import { reachOf } from './call-api.ts'
import { addDetectCommand } from './detect.ts'
import { addHookCommand, blocked } from './hook.ts'
import { addImportCommand } from './import.ts'
import { addKeyCommands } from './key.ts'
import { addMcpCommand } from './mcp.ts'
import { run } from './run.ts'

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

Environment:
  VIGIL_URL   the server (http://localhost:3000)
  VIGIL_KEY   API key for "key", "import", "hook" and "mcp"; never handed to a command under "run"
  VIGIL_TOKEN token of the session, which "run" gives its command: for "hook" and "mcp"
  VIGIL_DATA  data folder in which the probe answers (.vigil here, else Vigil's own folder)`,
  )

function label(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('a label is written key=value')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

type RunOptions = { agent?: string; task?: string; name?: string; session?: string; label: Record<string, string> }

program
  .command('run')
  .description('run a command as a session that Vigil sees and can pause')
  .usage('[options] -- CMD…')
  .option('--agent <name>', 'the agent that runs')
  .option('--task <text>', 'what it was asked to do')
  .option('--name <name>', 'name of the session')
  .option('--session <id>', 'id of the session (one is made otherwise)')
  .option('--label <key=value>', 'a label; may be given again', label, {})
  .argument('<cmd...>', 'the command and its arguments, after --')
  .passThroughOptions()
  .action(async (argv: string[], options: RunOptions) => {
    const { label: labels, ...rest } = options
    const request = RunRequest.safeParse({
      type: 'open',
      ...rest,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      argv,
      cwd: process.cwd(),
    })
    if (!request.success) {
      const issue = request.error.issues[0]
      throw new Error(`${issue?.path.join('.') ?? 'run'}: ${issue?.message ?? 'does not fit'}`)
    }
    if (request.data.type === 'open') process.exitCode = await run(request.data)
  })

program
  .command('probe')
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

addKeyCommands(program, () => reachOf(process.env), {
  out: (text) => process.stdout.write(text),
  explain: (text) => process.stderr.write(text),
})

addImportCommand(program, () => reachOf(process.env), {
  out: (text) => process.stdout.write(text),
  explain: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  stateFolder: path.join(process.env.VIGIL_DATA ?? '.vigil', 'import'),
})

addDetectCommand(program, {
  out: (text) => process.stdout.write(text),
  explain: (text) => process.stderr.write(text),
  root: fileURLToPath(new URL('..', import.meta.url)),
})

addHookCommand(program, {
  input: process.stdin,
  out: (text) =>
    new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve()))),
  explain: (text) => process.stderr.write(text),
  env: process.env,
})

addMcpCommand(program, (text) => process.stderr.write(text))

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`vigil: ${error instanceof Error ? error.message : String(error)}\n`)
  // As `env` and `docker run` do: the command itself was never started. A hook that could not ask must block.
  process.exitCode = program.args[0] === 'run' ? 125 : program.args[0] === 'hook' ? blocked : 1
}
// Signal handlers, a standard input without an end and the probe's line would hold the process after these; `probe` ends by itself.
if (['run', 'hook', 'mcp'].includes(program.args[0] ?? '')) process.exit()
