// `npm run build`: everything that must exist before the server can start. Also used by start, test and bench.
import './require-node.mjs'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { runMain, step } from './progress.mjs'
import { root, runPackage } from './run-command.mjs'
import { hashOf, isStamped, stamp } from './stamp.mjs'

/** Program -> its entry. */
const programs = {
  server: 'server/main.ts',
  'past-worker': 'server/past-worker.ts',
  probe: 'probe/main.ts',
  cli: 'cli/main.ts',
  bench: 'e2e/bench/main.ts',
  chaos: 'e2e/chaos/main.ts',
  soak: 'e2e/soak/main.ts',
}

export async function prepare() {
  await install()
  await generate()
}

export async function build() {
  await prepare()
  await bundlePrograms()
  await buildConsole()
}

/** TypeScript -> dist/*.mjs; packages stay in node_modules. */
export async function bundlePrograms() {
  const entries = Object.entries(programs).filter(([, entry]) => existsSync(join(root, entry)))
  const hash = hashOf(
    [
      'server',
      'client',
      'probe',
      'cli',
      'components',
      'e2e/bench',
      'e2e/chaos',
      'e2e/soak',
      'e2e/product.ts',
      'tsconfig.json',
      'prisma/schema.prisma',
      'package-lock.json',
    ],
    entries.join(),
  )
  const built = entries.every(([name]) => existsSync(join(root, 'dist', `${name}.mjs`)))
  if (built && isStamped('programs', hash)) return
  await step('bundling the server', async () => {
    const { build: bundle } = await import('esbuild')
    /** @type {import('esbuild').BuildOptions} */
    const options = {
      absWorkingDir: root,
      outdir: 'dist',
      outExtension: { '.js': '.mjs' },
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      logLevel: 'warning',
    }
    const named = (isCli) =>
      entries
        .filter(([name]) => (name === 'cli') === isCli)
        .map(([name, entry]) => ({ in: join(root, entry), out: name }))
    await bundle({ ...options, entryPoints: named(false) })
    // A hook is started for every call of an agent: in pieces, so that it loads what it needs and no more.
    for (const old of readdirSync(join(root, 'dist')).filter((file) => /^cli-.*\.mjs(\.map)?$/.test(file)))
      rmSync(join(root, 'dist', old))
    await bundle({ ...options, entryPoints: named(true), splitting: true, chunkNames: 'cli-[hash]' })
  })
  stamp('programs', hash)
}

async function buildConsole() {
  if (!existsSync(join(root, 'app'))) return
  // The browser's side may import only these (a test holds the boundaries): a change of the server rebuilds nothing here.
  const inputs = ['app', 'components', 'public', 'server/protocol', 'server/model']
  const configs = ['next.config.ts', 'next.config.mjs', 'postcss.config.mjs', 'tsconfig.json', 'package-lock.json']
  const hash = hashOf([...inputs, ...configs])
  if (isStamped('console', hash) && existsSync(join(root, '.next/BUILD_ID'))) return
  await step('building the console', () =>
    runPackage('next/dist/bin/next', ['build'], {
      env: { NODE_ENV: 'production', VIGIL_BUILD_ID: hash.slice(0, 20) },
    }),
  )
  stamp('console', hash)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await runMain(build)
