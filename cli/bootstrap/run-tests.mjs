// Runs Vitest and Playwright and reads their own JSON reports, so that counts are theirs and not guessed from output.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { findOrInstallChromium } from './chromium.mjs'
import { say } from './progress.mjs'
import { CommandError, root, runPackage } from './run-command.mjs'

/** `broken`: what failed, each in a few lines. @typedef {{ passed: number, failed: number, skipped: number, broken: string[] }} Counts */

/** @param {string[]} args @returns {Promise<Counts>} */
export function runUnitTests(args) {
  return runAndCount(
    'Vitest',
    (report) =>
      runPackage(
        'vitest/vitest.mjs',
        ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
        {
          show: true,
        },
      ),
    (report) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
      broken: brokenOfVitest(report),
    }),
  )
}

/** On the built product. @param {string[]} args @returns {Promise<Counts>} */
export async function runBrowserTests(args) {
  const config = ['playwright.config.ts', 'e2e/playwright.config.ts'].find((path) => existsSync(join(root, path)))
  if (!config) {
    say('there is no Playwright configuration, so no browser tests')
    return { passed: 0, failed: 0, skipped: 0, broken: [] }
  }
  const chromium = await findOrInstallChromium()
  return runAndCount(
    'Playwright',
    (report) =>
      runPackage('@playwright/test/cli.js', ['test', `--config=${config}`, '--reporter=list,json', ...args], {
        show: true,
        env: {
          CHROMIUM_PATH: chromium,
          PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: chromium,
          PLAYWRIGHT_JSON_OUTPUT_FILE: report,
        },
      }),
    ({ stats, errors, suites }) => ({
      broken: [...errors.map(({ message }) => firstLines(message)), ...suites.flatMap(brokenOfPlaywright)],
      passed: stats.expected + stats.flaky,
      failed: stats.unexpected + (stats.unexpected === 0 ? errors.length : 0),
      skipped: stats.skipped,
    }),
  )
}

/** A runner that fails without a failed test (a file that does not load, a crash) still counts as one failure. */
async function runAndCount(name, run, read) {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-report-'))
  const path = join(folder, 'report.json')
  let crashed = false
  try {
    await run(path).catch((error) => {
      if (!(error instanceof CommandError)) throw error
      crashed = true
    })
    if (!existsSync(path)) {
      say(`${name} left no report: it did not get as far as running tests.`)
      return { passed: 0, failed: 1, skipped: 0, broken: [`${name} left no report`] }
    }
    const counts = read(JSON.parse(readFileSync(path, 'utf8')))
    return crashed && counts.failed === 0
      ? { ...counts, failed: 1, broken: [...counts.broken, `${name} ended with an error, though no test failed`] }
      : counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A file that does not load has a message and no tests. */
function brokenOfVitest({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const failed = assertionResults.filter((each) => each.status === 'failed')
    if (failed.length === 0) return status === 'failed' ? [`${file}\n${firstLines(message)}`] : []
    return failed.map(({ fullName, failureMessages }) => `${file} › ${fullName}\n${firstLines(failureMessages[0])}`)
  })
}

function brokenOfPlaywright({ file, specs = [], suites = [] }) {
  const failed = specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected')
      .map(({ results }) => `e2e/${file} › ${title}\n${firstLines(results.at(-1)?.error?.message)}`),
  )
  return [...failed, ...suites.flatMap(brokenOfPlaywright)]
}

/** @param {string | undefined} text */
function firstLines(text) {
  const lines = stripVTControlCharacters(text ?? 'without a message').split('\n')
  return lines
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n')
}
