// What telemetry says of where a session runs and what it is part of: host, address, container, training run, step. Labels by which facts of
// other sensors find the session; worth what the word of whoever sent the telemetry is worth.
import { cutText } from '../protocol/text.ts'
import { addressOf } from './normal-values.ts'
import type { Attributes, AttributeValue } from './otlp-model.ts'
import { jsonOf } from './span-reading.ts'

const labelTextMax = 256

/** OpenTelemetry's own names (semantic conventions for resources). */
const resourceKeys: readonly (readonly [label: string, keys: readonly string[]])[] = [
  ['host', ['host.name', 'k8s.node.name']],
  ['address', ['host.ip', 'net.host.ip', 'k8s.pod.ip']],
  ['container', ['container.id']],
  ['image', ['container.image.name']],
  ['pod', ['k8s.pod.name']],
  ['namespace', ['k8s.namespace.name']],
  ['worker', ['service.instance.id']],
]

/** What trainers and harnesses call them, under the prefixes by which frameworks carry metadata. */
const metadataNames: readonly (readonly [label: string, names: readonly string[]])[] = [
  ['run', ['run', 'run_id', 'runId', 'training_run', 'experiment', 'experiment_id', 'wandb_run_id']],
  ['group', ['group', 'group_id', 'groupId']],
  ['env', ['env', 'env_id', 'envId', 'environment']],
  ['episode', ['episode', 'episode_id', 'episodeId', 'traj_id']],
  ['step', ['step', 'global_step', 'train_step']],
  ['task', ['task', 'task_id', 'taskId', 'instance_id']],
  ['image', ['image']],
  ['sandbox', ['sandbox', 'sandbox_id', 'sandboxId']],
  ['container', ['container', 'container_id', 'containerId']],
  ['pod', ['pod', 'pod_name']],
]
/** Langfuse's names, as its SDK sets them on spans (https://langfuse.com/integrations/native/opentelemetry) and its exports on traces. */
const langfuseKeys: readonly (readonly [label: string, key: string])[] = [
  ['env', 'langfuse.environment'],
  ['user', 'langfuse.user.id'],
  ['release', 'langfuse.release'],
  ['version', 'langfuse.version'],
  ['tags', 'langfuse.trace.tags'],
]
const tagsMax = 16
const prefixes = [
  'ai.telemetry.metadata.',
  'langfuse.trace.metadata.',
  'langfuse.observation.metadata.',
  'traceloop.association.properties.',
  'mastra.metadata.',
  'vigil.label.',
]

export function sessionLabels(resource: Attributes, own: Attributes): Record<string, string> {
  const labels = new Map<string, string>()
  const put = (label: string, value: AttributeValue | undefined) => {
    if (labels.has(label)) return
    const text = label === 'address' ? firstAddress(value) : label === 'tags' ? textOfTags(value) : textOfLabel(value)
    if (text !== undefined) labels.set(label, text)
  }
  for (const attributes of [own, resource]) {
    if (attributes.size === 0) continue
    for (const [label, names] of metadataNames)
      for (const name of names) for (const prefix of prefixes) put(label, attributes.get(prefix + name))
    const metadata = metadataOf(attributes)
    if (metadata)
      for (const [label, names] of metadataNames)
        for (const name of names) if (Object.hasOwn(metadata, name)) put(label, metadata[name])
  }
  for (const attributes of [own, resource]) for (const [label, key] of langfuseKeys) put(label, attributes.get(key))
  for (const [label, keys] of resourceKeys) for (const key of keys) put(label, resource.get(key))
  return Object.fromEntries(labels)
}

/** OpenInference and LangChain keep theirs in one JSON attribute. */
function metadataOf(attributes: Attributes): Record<string, AttributeValue> | undefined {
  const value = attributes.get('metadata')
  const parsed = typeof value === 'string' && value.length < 65_536 ? jsonOf(value) : value
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? (parsed as Record<string, AttributeValue>)
    : undefined
}

function textOfLabel(value: AttributeValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : cutText(value, labelTextMax)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function textOfTags(value: AttributeValue | undefined): string | undefined {
  if (!Array.isArray(value)) return textOfLabel(value)
  const tags = value.slice(0, tagsMax).flatMap((tag) => textOfLabel(tag) ?? [])
  return textOfLabel(tags.join(', '))
}

/** `host.ip` is a list of all addresses; loopback ones tell nothing. */
function firstAddress(value: AttributeValue | undefined): string | undefined {
  for (const each of Array.isArray(value) ? value.slice(0, 16) : [value]) {
    const address = addressOf(each)
    if (address !== undefined && !/^(?:127\.|::1$|fe80:|169\.254\.)/.test(address)) return address
  }
  return undefined
}
