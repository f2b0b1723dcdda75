// Recordings of real tools lie outside of this repository. Where they are absent, tests of them are left out loudly; on CI that fails.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

export const fixturesFolder = resolve(import.meta.dirname, '../../../shared/fixtures')
const present = existsSync(fixturesFolder)

export function fixtureBytes(path: string): Uint8Array {
  return readFileSync(join(fixturesFolder, path))
}

export function fixtureText(path: string): string {
  return readFileSync(join(fixturesFolder, path), 'utf8')
}

/** Files below a folder of the fixtures, as paths for `fixtureBytes`, sorted; empty where the fixtures are absent. */
export function fixtureFiles(folder: string): string[] {
  if (!present) return []
  return readdirSync(join(fixturesFolder, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(join(fixturesFolder, path)).isFile())
    .sort()
}

/** `describe` for tests on recordings: left out loudly where they are absent, and a failure then under `CI=true`. */
export function describeFixtures(title: string, body: () => void): void {
  if (present) {
    describe(title, () => body())
    return
  }
  console.warn(`\n!!! LEFT OUT: "${title}": no recordings at ${fixturesFolder}\n`)
  describe(title, () => {
    it.runIf(process.env.CI === 'true')('has its recordings on CI', () => {
      expect(present, `no recordings at ${fixturesFolder}`).toBe(true)
    })
  })
}
