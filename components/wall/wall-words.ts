// Every word and tone of the wallboard. Pure: figures and two clocks in, words out. Nothing that is not known is shown as a zero.
import type { WallFigures } from '../../server/protocol/wall-messages.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { ageText, spanText } from '../ui/format-time.ts'

export type WallTone = 'plain' | 'ok' | 'warn' | 'critical' | 'frozen'
export type Tile = { name: string; value: string; rest: string; tone: WallTone }

/** In reading order: what needs a person first. */
export function tilesOf(figures: WallFigures, nowMs: number): Tile[] {
  const { sessions, hosts, paged, approvals, containments, gpus } = figures
  const away = hosts.known - hosts.connected
  const soonestMs = approvals.soonestExpiresAtMs === undefined ? undefined : approvals.soonestExpiresAtMs - nowMs
  return [
    {
      name: 'Approvals waiting',
      value: countText(approvals.waiting),
      rest:
        approvals.waiting === 0
          ? 'nothing waits for a person'
          : soonestMs === undefined
            ? 'each denies itself in time'
            : soonestMs <= 0
              ? 'the next denies itself now'
              : `the next denies itself in ${spanText(Math.max(1_000, soonestMs))}`,
      tone: approvals.waiting > 0 ? 'warn' : 'plain',
    },
    {
      name: 'Sessions that page',
      value: countText(paged),
      rest: paged === 0 ? 'none that runs was flagged high or critical' : 'flagged high or critical, and not ended',
      tone: paged > 0 ? 'critical' : 'plain',
    },
    {
      name: 'Sessions running',
      value: countText(sessions.running),
      rest: [
        `${countText(sessions.paused)} paused`,
        sessions.asked > 0 && `${countText(sessions.asked)} asked, not confirmed`,
        sessions.silent > 0 && `${countText(sessions.silent)} silent`,
        `${countText(sessions.ended)} ended`,
      ]
        .filter(Boolean)
        .join(' · '),
      tone: sessions.silent > 0 ? 'warn' : 'plain',
    },
    {
      name: 'Containments',
      value: countText(containments.standing),
      rest:
        containments.standing === 0
          ? 'none stands'
          : containments.troubled > 0
            ? `${countText(containments.troubled)} not whole`
            : 'each is whole, as the hosts read it',
      tone: containments.troubled > 0 ? 'critical' : containments.standing > 0 ? 'frozen' : 'plain',
    },
    {
      name: 'GPUs busy',
      value: gpus.busyPercent === undefined ? '—' : `${Math.round(gpus.busyPercent)} %`,
      rest:
        gpus.known === 0
          ? 'no GPU is known'
          : gpus.read === gpus.known
            ? plural(gpus.known, 'GPU')
            : `${countText(gpus.read)} of ${plural(gpus.known, 'GPU')} read`,
      tone: gpus.read < gpus.known ? 'warn' : 'plain',
    },
    {
      name: 'Hosts connected',
      value: hosts.known === 0 ? '—' : `${countText(hosts.connected)} / ${countText(hosts.known)}`,
      rest: hosts.known === 0 ? 'no host is known' : away === 0 ? 'all of them' : `${countText(away)} not heard`,
      tone: away > 0 ? 'warn' : 'plain',
    },
  ]
}

/** Places of the moving mark. */
export const beatPlaces = 12

export type WallLink =
  | { state: 'connecting' | 'refused' | 'full' | 'misunderstood' }
  /** `heardMs`: browser time of the last beat. */
  | { state: 'heard'; heardMs: number }

export type WallHealth = { tone: 'ok' | 'critical' | 'quiet'; words: string; isDead: boolean }

/** Beats come once a second; three missed in a row are no accident. */
export const deadAfterMs = 3_000

export function healthOf(link: WallLink, figures: WallFigures | undefined, nowMs: number): WallHealth {
  if (link.state === 'refused')
    return { tone: 'critical', words: 'This link opens no wallboard, or no longer', isDead: true }
  if (link.state === 'full') return { tone: 'critical', words: 'This link is open on too many screens', isDead: true }
  if (link.state === 'misunderstood')
    return { tone: 'critical', words: 'Reload: the server is another version', isDead: true }
  if (link.state !== 'heard') return { tone: 'quiet', words: 'Connecting', isDead: figures !== undefined }
  const silenceMs = Math.max(0, nowMs - link.heardMs)
  if (silenceMs >= deadAfterMs)
    return { tone: 'critical', words: `No connection since ${ageText(silenceMs)}`, isDead: true }
  const factAgeMs = figures?.newestFactAtMs === undefined ? undefined : figures.serverNowMs - figures.newestFactAtMs
  const fact =
    factAgeMs === undefined ? 'no fact yet' : `newest fact ${factAgeMs < 1_000 ? 'now' : `${ageText(factAgeMs)} old`}`
  return { tone: 'ok', words: `Live · ${fact}`, isDead: false }
}
