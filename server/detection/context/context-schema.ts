// What an operator says of a task set or a training run: what it is expected to do, what nobody may touch, whose the GPUs are. Written by
// hand, so every refusal says what to write instead.
import { z } from 'zod'
import { severities } from '../flag.ts'
import { parseDestination } from './destination-match.ts'

const Why = z.string().min(3, 'say why in a few words: it stands in every flag that this changes').max(200)

const Port = z.union([
  z.int().min(1, 'a port is 1 to 65535').max(65_535, 'a port is 1 to 65535'),
  z.string().regex(/^\d{1,5}-\d{1,5}$/, 'a range of ports is written "8000-8999"'),
])

const Destination = z.strictObject({
  /** `10.2.0.0/16`, `203.0.113.7`, `2001:db8::/32`, `pypi.org` (that host alone), `.pypi.org` (it and all below it). */
  to: z.string().superRefine((text, check) => {
    const parsed = parseDestination(text)
    if ('wrong' in parsed) check.addIssue({ code: 'custom', message: parsed.wrong })
  }),
  /** Absent: all of them. */
  ports: z.array(Port).min(1).max(64).optional(),
  why: Why.optional(),
})
export type Destination = z.infer<typeof Destination>

const PathPrefix = z
  .string()
  .startsWith('/', 'a path is absolute: it starts with "/"')
  .max(4_096)
  .refine((path) => !path.split('/').includes('..'), 'a path holds no ".."')
  .refine((path) => path.replaceAll('/', '') !== '', '"/" would allow or protect everything: name a folder')

const ProtectedPath = z.strictObject({
  /** `/app/tests` (it and all below it), or `*_test.py`, `conftest.py`: a file's name with `*` for any part of it. */
  path: z.union([
    PathPrefix,
    z.string().regex(/^[^/]{1,255}$/, 'write a folder as "/app/tests", or a file’s name like "*_test.py" without "/"'),
  ]),
  what: z.enum(['tests', 'graders', 'rewards', 'configuration']),
})

const RuleException = z.strictObject({
  /** Id of a rule: its UUID, or a detector’s name. */
  rule: z.string().min(1).max(128),
  to: z.union([z.enum(severities), z.literal('silent')], 'write a severity or "silent"'),
  why: Why,
})

const GpuOwner = z.strictObject({
  /** `node-7/GPU-…` or `node-7/*` for all of a host. */
  gpu: z.string().regex(/^[^/]+\/.+$/, 'write "host/gpu", or "host/*" for all of a host'),
  /** Session, or user as the exporter names it (`namespace/pod/container`); `*` at its end stands for anything. */
  owner: z
    .string()
    .min(1)
    .max(256)
    .refine((owner) => owner !== '*', '"*" would own every GPU: name somebody'),
})

export const DetectionContext = z.strictObject({
  destinations: z.array(Destination).max(500).default([]),
  /** Hosts from which packages may come. */
  packageIndexes: z
    .array(
      z.string().superRefine((text, check) => {
        const parsed = parseDestination(text)
        if ('wrong' in parsed) check.addIssue({ code: 'custom', message: parsed.wrong })
      }),
    )
    .max(100)
    .default([]),
  /** Where files may be written. */
  paths: z
    .array(z.strictObject({ prefix: PathPrefix, why: Why.optional() }))
    .max(200)
    .default([]),
  protected: z.array(ProtectedPath).max(200).default([]),
  rules: z.array(RuleException).max(200).default([]),
  gpus: z.array(GpuOwner).max(1_000).default([]),
})
export type DetectionContext = z.infer<typeof DetectionContext>

const Name = z.string().min(1).max(128)

/** The whole file: what holds for all, and for task sets and runs by their names. */
export const DetectionContexts = z.strictObject({
  all: DetectionContext.prefault({}),
  taskSets: z.record(Name, DetectionContext).default({}),
  runs: z.record(Name, DetectionContext).default({}),
})
export type DetectionContexts = z.infer<typeof DetectionContexts>

/** Reads what an operator wrote; every error names the place and says what to write. */
export function parseContexts(written: unknown): { contexts: DetectionContexts } | { errors: string[] } {
  const result = DetectionContexts.safeParse(written)
  if (result.success) return { contexts: result.data }
  return {
    errors: result.error.issues
      .slice(0, 50)
      .map(({ path, message }) => `${path.length === 0 ? 'context' : path.join('.')}: ${message}`),
  }
}
