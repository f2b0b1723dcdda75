// `vigil backup` and `vigil restore`: everything that a Vigil keeps, as one file, and back into an empty place. They work on the database itself,
// where the server's data is, and ask no server.
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { type BackupPlace, type BackupSummary, checkBackup, makeBackup, restoreBackup } from '../server/backup.ts'

export type BackupOutput = {
  out(text: string): void
  explain(text: string): void
  env: NodeJS.ProcessEnv
  /** Somebody watches: what it is at is said. */
  isTerminal: boolean
  /** Of the program. */
  root: string
}
type Options = { json?: boolean; check?: boolean }

/** As `npm start` has it: the environment's folder, else `.vigil` here, else Vigil's own. */
function placeOf({ env, root, explain, isTerminal }: BackupOutput): BackupPlace {
  const databaseUrl = env.DATABASE_URL || undefined
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new Error('DATABASE_URL must start with postgresql://')
  const here = path.resolve('.vigil')
  return {
    dataDir: env.VIGIL_DATA ? path.resolve(env.VIGIL_DATA) : existsSync(here) ? here : path.join(root, '.vigil'),
    databaseUrl,
    root,
    log: (line) => {
      if (isTerminal) explain(`${line}\n`)
    },
  }
}

function told(summary: BackupSummary): string {
  const { bytes, rows, events, tables, files, madeAtMs } = summary
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
  const moment = new Date(madeAtMs).toISOString()
  const data = files.length > 0 ? `, and ${files.join(', ').slice(0, 200)} of the data folder` : ''
  return `${size}, as of ${moment}: ${events} events, ${rows} rows in ${tables} tables${data}`
}

/** Puts both under `program`. */
export function addBackupCommands(program: Command, output: BackupOutput): void {
  const { out } = output
  const json = ['--json', 'answer as JSON'] as const
  const say = (summary: BackupSummary, options: Options, sentence: string) =>
    out(options.json ? `${JSON.stringify(summary)}\n` : `${sentence}\n`)
  const where =
    '\nThe database is DATABASE_URL, else the one in the data folder VIGIL_DATA (.vigil here, else Vigil’s own folder).'
  program
    .command('backup')
    .description('everything that is kept, as one file; also while the server runs')
    .argument('<file>', 'a new file')
    .option(...json)
    .addHelpText(
      'after',
      `${where}\nThe file holds everything unmasked, keys and secrets with it: only its owner may read it. Keep it so.`,
    )
    .action(async (file: string, options: Options) => {
      const summary = await makeBackup(file, endsClean(placeOf(output)))
      say(summary, options, `${file}: ${told(summary)}`)
    })
  program
    .command('restore')
    .description('a backup into an empty database and data folder, with the server stopped')
    .argument('<file>', 'what "vigil backup" wrote')
    .option('--check', 'only read it, and say whether every byte of it is as it was written')
    .option(...json)
    .addHelpText('after', `${where}\nA file that was changed or cut off is refused before anything is written.`)
    .action(async (file: string, options: Options) => {
      if (options.check) {
        const summary = await checkBackup(file)
        return say(summary, options, `${file} is whole: ${told(summary)}`)
      }
      const place = endsClean(placeOf(output))
      const summary = await restoreBackup(file, place)
      const into = place.databaseUrl === undefined ? place.dataDir : `the database of DATABASE_URL and ${place.dataDir}`
      say(summary, options, `restored into ${into}: ${told(summary)}\nStart Vigil there, then: vigil audit verify`)
    })
}

/** Interrupted, it exits rather than dies: a database that was started for this, and a file that is not whole, go with it. */
function endsClean(place: BackupPlace): BackupPlace {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  return place
}
