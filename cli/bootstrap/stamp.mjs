// Remembers by content what each step last worked on, so that a step whose inputs have not changed is skipped.
// Stamps live in node_modules: a fresh install forgets them all, and rightly so.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './run-command.mjs'

const stampPath = (name) => join(root, 'node_modules', '.vigil-stamps', name)
const ignored = /^(node_modules|generated|\.next|dist)$|\.test\.tsx?$|\.md$/

/** Hash of all files at or under these paths (relative to the root), by path and content; absent ones count as absent. */
export function hashOf(paths, extra = '') {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch} ${extra}\n`)
  const visit = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (!ignored.test(name)) visit(join(path, name))
    } else hash.update(`${path}\0`).update(readFileSync(full)).update('\0')
  }
  for (const path of paths) visit(path)
  return hash.digest('hex')
}

/** @param {string} name @param {string} hash */
export function isStamped(name, hash) {
  return existsSync(stampPath(name)) && readFileSync(stampPath(name), 'utf8') === hash
}

/** @param {string} name @param {string} hash */
export function stamp(name, hash) {
  mkdirSync(dirname(stampPath(name)), { recursive: true })
  writeFileSync(stampPath(name), hash)
}
