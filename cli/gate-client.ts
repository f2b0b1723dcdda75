// How the doors of the command line reach the gate: the address and who asks come from the environment. Every way in which asking can fail
// is a denial, or a thrown Error that the caller must take for one.
import type { GateReach } from '../client/gate.ts'

/** From VIGIL_URL, and VIGIL_KEY or the session's own VIGIL_TOKEN. Throws an Error with one line when they cannot be used. */
export function gateReachOf(env: NodeJS.ProcessEnv): GateReach {
  const url = env.VIGIL_URL || 'http://localhost:3000'
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`VIGIL_URL is not an http address: ${url}`)
  const key = (env.VIGIL_KEY || env.VIGIL_TOKEN || '').trim()
  if (key === '')
    throw new Error('nobody is asking: start the agent under "vigil run", or set VIGIL_KEY to a key with scope ingest')
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error('VIGIL_KEY or VIGIL_TOKEN holds characters that no key has')
  return { url: url.replace(/\/+$/, ''), key }
}
