// Finds a Chromium for the browser tests, and installs one only when there is none, saying so.
import './require-node.mjs'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlainError, runMain, step } from './progress.mjs'
import { CommandError, runCommand, runPackage } from './run-command.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** @returns {Promise<string>} path of an executable */
export async function findOrInstallChromium() {
  const found = await findChromium()
  if (found) return found
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    await step('installing Chromium with apt-get', async () => {
      const env = { DEBIAN_FRONTEND: 'noninteractive' }
      await runCommand('apt-get', ['update', '-qq'], { env })
      await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env })
    }).catch(sayHow)
  } else {
    await step("installing Playwright's Chromium", () =>
      runPackage('playwright/cli.js', ['install', 'chromium']),
    ).catch(sayHow)
  }
  const installed = await findChromium()
  if (installed) return installed
  throw new PlainError('Chromium was installed, but it is not where it should be. Set CHROMIUM_PATH to its executable.')
}

/** @returns {Promise<string | undefined>} */
async function findChromium() {
  for (const variable of ['CHROMIUM_PATH', 'PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH']) {
    const path = process.env[variable]
    if (!path) continue
    if (isExecutable(path)) return path
    throw new PlainError(`${variable} is set to ${path}, which cannot be run. Correct it or unset it.`)
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const name = names.find((candidate) => folder && isExecutable(join(folder, candidate)))
    if (name) return join(folder, name)
  }
  const { chromium } = await import('@playwright/test')
  const own = chromium.executablePath()
  return own && isExecutable(own) ? own : undefined
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // absent or not ours to run: both mean "look further"
  }
}

/** @param {unknown} error @returns {never} */
function sayHow(error) {
  if (!(error instanceof CommandError)) throw error
  const why = error.output.trim().split('\n').at(-1)
  throw new PlainError(
    `no Chromium was found, and none could be installed (${why}). Install one, or set CHROMIUM_PATH.`,
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => console.log(await findOrInstallChromium()))
}
