// How this program is started again, with other words: built, or from its source.

export function ownProgram(): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1] ?? '']
}
