// Vitest's global set-up: tests start Vigil's own programs as a user has them. Bundled anew only where a source has changed.
import { bundlePrograms } from './build.mjs'

export async function setup() {
  await bundlePrograms()
}
