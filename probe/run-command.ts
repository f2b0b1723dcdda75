// Runs a host tool and collects its output, bounded in time and size. Never through a shell.
import { execFile } from 'node:child_process'

export type CommandResult = { ok: true; stdout: string } | { ok: false; reason: string; missing: boolean }

/** What host tools get to see of our environment: never a key. */
export const toolEnvironment: NodeJS.ProcessEnv = { NODE_ENV: 'production', PATH: process.env.PATH, LC_ALL: 'C' }

/** `input` is written to the tool's stdin. Never rejects. */
export function runCommand(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  input?: string,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8', env: toolEnvironment },
      (error, stdout, stderr) => {
        if (!error) return resolve({ ok: true, stdout })
        // EACCES: a folder of PATH that this user may not search hides it just as well.
        const missing = ['ENOENT', 'EACCES'].includes(String(error.code))
        const said = stderr.trim().split('\n')[0] ?? ''
        const reason = missing
          ? `${file} is not installed`
          : said || (error.killed ? `${file} did not answer in ${timeoutMs} ms` : error.message)
        resolve({ ok: false, reason: reason.slice(0, 300), missing })
      },
    )
    if (input !== undefined) child.stdin?.end(input)
    child.stdin?.on('error', () => {
      // The tool ended without reading its input; its exit code tells why.
    })
  })
}
