// Who works in a session and on what, as the telemetry tells it: a suggestion for the pipeline, written by the agent.
import type { SessionId } from '../protocol/ids.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import type { Attributes } from './otlp-model.ts'
import { sessionLabels } from './session-labels.ts'
import { firstText } from './span-reading.ts'

export type SessionDescriptor = { agent?: string; task?: string; labels?: Record<string, string> }

const labelsMax = 24

const agentKeys = ['gen_ai.agent.name', 'agent.name', 'ai.telemetry.functionId', 'gen_ai.agent.id']

/** Collects the first name of each session; a name given as the agent's replaces the service's. */
export class SessionDescriptors {
  readonly descriptors = new Map<SessionId, SessionDescriptor>()
  readonly #fromService = new Set<SessionId>()

  note(session: SessionId, resource: Attributes, own: Attributes, task?: string | undefined): void {
    let descriptor = this.descriptors.get(session)
    if (!descriptor) {
      descriptor = {}
      this.descriptors.set(session, descriptor)
    }
    if (descriptor.agent === undefined || this.#fromService.has(session)) {
      const named = firstText(own, agentKeys) ?? firstText(resource, agentKeys)
      const service = firstText(resource, ['service.name'])
      if (named !== undefined) {
        descriptor.agent = cutText(named, shortTextMax)
        this.#fromService.delete(session)
      } else if (descriptor.agent === undefined && service !== undefined && !service.startsWith('unknown_service')) {
        descriptor.agent = cutText(service, shortTextMax)
        this.#fromService.add(session)
      }
    }
    const labels = sessionLabels(resource, own)
    for (const [name, value] of Object.entries(labels)) {
      descriptor.labels ??= {}
      if (!Object.hasOwn(descriptor.labels, name) && Object.keys(descriptor.labels).length < labelsMax)
        descriptor.labels[name] = value
    }
    if (descriptor.task === undefined) {
      const told = firstText(resource, ['vigil.task']) ?? firstText(own, ['vigil.task']) ?? task
      if (told !== undefined) descriptor.task = cutText(told, shortTextMax)
    }
  }
}
