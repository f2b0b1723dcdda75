// Where a command's standard output ends up: in a file, or where its place prints to (a pipe, a substitution, the screen). What is told of it
// decides whether `| sh` behind it is fed, so everything that is not certainly a file counts as printed.
import type { ResolvedRedirect } from './place.ts'

export type OutputFile = {
  path: string
  /** Of the redirection that opened it. */
  index: number
}

/**
 * `beyondPipe`: so many redirections, the outermost, stand around the pipeline in which the command prints into the next one: they take what the
 * pipeline's end prints.
 */
export function outputFile(redirects: readonly ResolvedRedirect[], beyondPipe: number): OutputFile | undefined {
  if (redirects.length <= beyondPipe) return undefined
  // Descriptors that point into a file; all others lead out of here.
  const files = new Map<number, OutputFile>()
  for (const [index, redirect] of redirects.entries()) {
    if (index === beyondPipe) files.delete(1)
    point(files, redirect, index)
  }
  return files.get(1)
}

function point(files: Map<number, OutputFile>, { operator, descriptor, target }: ResolvedRedirect, index: number) {
  if (operator === '<' || operator.startsWith('<<')) return
  const isCopy = operator === '>&' || operator === '<&'
  const from = isCopy ? /^(\d+|-)-?$/.exec(target)?.[1] : descriptorFile.exec(target)?.[1]
  const to = descriptor ?? (operator.startsWith('<') ? 0 : 1)
  const file = from === undefined ? { path: target, index } : files.get(standard[from] ?? Number(from))
  set(files, to, file)
  // `&> file` and `>& file` take both.
  if (operator.startsWith('&') || (operator === '>&' && from === undefined)) set(files, 2, file)
}

function set(files: Map<number, OutputFile>, descriptor: number, file: OutputFile | undefined): void {
  if (file === undefined) files.delete(descriptor)
  else files.set(descriptor, file)
}

/** Files that are descriptors: what is written to `/dev/stdout` goes down the pipe. */
const descriptorFile = /^\/(?:dev|proc\/(?:self|\$\$))\/(?:fd\/)?(stdout|stderr|stdin|\d+)$/
const standard: { readonly [name: string]: number } = { stdin: 0, stdout: 1, stderr: 2 }
