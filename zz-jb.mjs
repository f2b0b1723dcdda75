import { build } from 'esbuild'

await build({
  absWorkingDir: process.cwd(),
  entryPoints: ['server/zz-judge-bench.ts'],
  outfile: 'dist/judge-bench.mjs',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
})
