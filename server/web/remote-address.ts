// From where a request came. Behind another node of ours that is whom the node says it came from; no header from outside is believed.
import type { IncomingMessage } from 'node:http'

const told = new WeakMap<IncomingMessage, string>()

/** By whoever has verified that another node of ours forwarded the request. */
export function tellRemoteAddress(request: IncomingMessage, address: string): void {
  told.set(request, address)
}

export function remoteAddressOf(request: IncomingMessage): string {
  return told.get(request) ?? request.socket.remoteAddress ?? 'unknown'
}
