// The probe's settings from flags and environment. A setting that makes no sense is refused in one line, never guessed.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type HostId, hostIdOf } from '../server/protocol/ids.ts'
import { type AdoptSetting, parseAdoptSetting } from './adopt/adopt-setting.ts'

export type ProbeConfig = {
  url: string
  key: string
  host: HostId
  /** Absolute. */
  dataFolder: string
  spoolMaxBytes: number
  /** Also answer on /run/vigil/probe.sock. */
  systemSocket: boolean
  /** Containers that are taken in as sessions: none by default. */
  adopt: AdoptSetting | undefined
  logLevel: string
}

/** Throws an Error whose message is one line for the person who started it. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): ProbeConfig {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string' },
      'key-file': { type: 'string' },
      data: { type: 'string' },
      host: { type: 'string' },
      'spool-mib': { type: 'string' },
      'system-socket': { type: 'boolean' },
    },
  })
  const url = values.url ?? env.VIGIL_URL ?? 'http://localhost:3000'
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`VIGIL_URL is not an http address: ${url}`)
  const spoolMib = Number(values['spool-mib'] ?? env.VIGIL_SPOOL_MIB ?? 256)
  if (!Number.isFinite(spoolMib) || spoolMib < 1) throw new Error('VIGIL_SPOOL_MIB must be a number of MiB, 1 or more')
  return {
    url: url.replace(/\/+$/, ''),
    key: readKey(values['key-file'] ?? env.VIGIL_PROBE_KEY_FILE, env.VIGIL_PROBE_KEY),
    host: hostIdOf(values.host ?? env.VIGIL_HOST ?? os.hostname()),
    dataFolder: path.resolve(values.data ?? env.VIGIL_DATA ?? '.vigil'),
    spoolMaxBytes: spoolMib * 1024 * 1024,
    systemSocket: values['system-socket'] ?? env.VIGIL_SYSTEM_SOCKET === 'on',
    adopt: parseAdoptSetting(env.VIGIL_ADOPT),
    logLevel: env.VIGIL_LOG ?? 'info',
  }
}

function readKey(file: string | undefined, text: string | undefined): string {
  let key = text ?? ''
  if (file !== undefined) {
    try {
      key = fs.readFileSync(file, 'utf8')
    } catch (error) {
      throw new Error(`the probe key file cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  key = key.trim()
  if (key === '')
    throw new Error(
      'no probe key: set VIGIL_PROBE_KEY_FILE or VIGIL_PROBE_KEY (make one in the console, or with `vigil key`)',
    )
  return key
}
