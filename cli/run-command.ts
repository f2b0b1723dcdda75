// `vigil run` as a command: its options, and the request that they make.
import { type Command, InvalidArgumentError } from 'commander'
import { RunRequest } from '../server/protocol/run-messages.ts'
import { run } from './run.ts'

function label(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('a label is written key=value')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

type RunOptions = { agent?: string; task?: string; name?: string; session?: string; label: Record<string, string> }

export function addRunCommand(program: Command): void {
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
}
