// What is masked, in words and numbers. Pure.
import type { EventView } from '../../server/protocol/browser-messages.ts'
import { addCounts, type SecretCounts, SecretKind } from '../../server/protocol/secrets.ts'
import { plural } from '../ui/format-quantity.ts'

const many: Readonly<Record<SecretKind, string>> = {
  'AWS access key': 'AWS access keys',
  'GitHub token': 'GitHub tokens',
  'GitLab token': 'GitLab tokens',
  'Slack token': 'Slack tokens',
  'API key': 'API keys',
  'JSON web token': 'JSON web tokens',
  'private key': 'private keys',
  'bearer token': 'bearer tokens',
  'password in an address': 'passwords in addresses',
  password: 'passwords',
}

/** `2 AWS access keys, 1 password`; the most of a kind first. */
export function maskedText(counts: SecretCounts): string {
  return SecretKind.options
    .map((kind) => ({ kind, count: counts[kind] ?? 0 }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ kind, count }) => plural(count, kind, many[kind]))
    .join(', ')
}

/** Of all events that are loaded here. */
export function maskedIn(events: readonly EventView[]): { counts: SecretCounts; events: number; pieces: number } {
  const counts: SecretCounts = {}
  let holding = 0
  for (const { masked } of events) {
    if (!masked) continue
    holding += 1
    addCounts(counts, masked)
  }
  const pieces = Object.values(counts).reduce((sum, each) => sum + each, 0)
  return { counts, events: holding, pieces }
}

/** Why this person is not shown what is masked; undefined where they may be. */
export function whyNotShown(role: string | undefined): string | undefined {
  if (role === 'responder' || role === 'admin') return undefined
  return role === undefined
    ? 'Looking up who you are'
    : `Your role is ${role}: showing it takes a responder or an admin`
}
