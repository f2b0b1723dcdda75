// The files for running it elsewhere, as far as they can be held against something here.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const folder = 'docs/deploy'

type Container = {
  image: string
  env?: { name: string }[]
  securityContext: {
    privileged?: boolean
    readOnlyRootFilesystem: boolean
    capabilities: { drop: string[]; add?: string[] }
  }
  volumeMounts: { name: string }[]
}
type Workload = {
  kind: string
  metadata: { name: string; namespace?: string }
  spec: {
    replicas?: number
    selector: { matchLabels: Record<string, string> }
    template: {
      metadata: { labels: Record<string, string> }
      spec: { containers: Container[]; volumes: { name: string }[]; securityContext?: { runAsNonRoot?: boolean } }
    }
  }
}

const documents = parseAllDocuments(read(`${folder}/kubernetes.yml`))
const workloads = documents
  .map((each) => each.toJS() as Workload)
  .filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')
const unit = read(`${folder}/vigil-probe.service`)

describe('the manifests', () => {
  it('are whole: no error, labels that are selected, volumes that are there', () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([])
    expect(workloads.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Deployment vigil',
      'DaemonSet vigil-probe',
    ])
    for (const { spec } of workloads) {
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels)
      const there = spec.template.spec.volumes.map(({ name }) => name)
      for (const { volumeMounts } of spec.template.spec.containers)
        expect(volumeMounts.map(({ name }) => name).sort()).toEqual([...there].sort())
    }
  })

  it('give nobody more than it needs: no container is privileged, all rights are dropped first, the server has none and is not root', () => {
    for (const { metadata, spec } of workloads)
      for (const { securityContext } of spec.template.spec.containers) {
        expect(securityContext.privileged ?? false, metadata.name).toBe(false)
        expect(securityContext.readOnlyRootFilesystem, metadata.name).toBe(true)
        expect(securityContext.capabilities.drop).toEqual(['ALL'])
      }
    const [server, probe] = workloads
    expect(server?.spec.template.spec.securityContext?.runAsNonRoot).toBe(true)
    expect(server?.spec.template.spec.containers[0]?.securityContext.capabilities.add).toBeUndefined()
    const ofUnit = /^CapabilityBoundingSet=(.+)$/m
      .exec(unit)?.[1]
      ?.split(' ')
      .map((each) => each.replace('CAP_', ''))
    expect(probe?.spec.template.spec.containers[0]?.securityContext.capabilities.add).toEqual(ofUnit)
  })

  it('run one server: it is the one writer of its log', () => {
    expect(workloads[0]?.spec.replicas).toBe(1)
  })
})

it('no setting is named that nothing reads', () => {
  const programs = ['server/config.ts', 'probe/config.ts', 'server/web/auth.ts', 'server/store/open-store.ts']
    .filter((file) => existsSync(path.join(root, file)))
    .map(read)
    .join('\n')
  const all = ['Dockerfile', 'compose.yml', 'kubernetes.yml', 'vigil-probe.service'].map((file) =>
    read(`${folder}/${file}`),
  )
  const named = new Set(all.join('\n').match(/\bVIGIL_[A-Z_]+\b/g))
  expect(named.size).toBeGreaterThan(5)
  expect([...named].filter((each) => !programs.includes(each))).toEqual([])
})

it('the images start what is built here, and the server in them has a healthcheck that asks whether it is ready', () => {
  const dockerfile = read(`${folder}/Dockerfile`)
  for (const [, file = ''] of dockerfile.matchAll(/^COPY (?!--from)(\S+)/gm))
    expect(existsSync(path.join(root, file)), file).toBe(true)
  expect(dockerfile).toContain('dist/server.mjs')
  expect(read('cli/bootstrap/build.mjs')).toContain("server: 'server/main.ts'")
  expect(dockerfile).toContain('/readyz')
  const compose = parse(read(`${folder}/compose.yml`)) as {
    services: Record<string, { ports?: string[]; build?: { target: string } }>
  }
  expect(compose.services.vigil?.build?.target).toBe('server')
  for (const port of compose.services.vigil?.ports ?? []) expect(port, 'loopback alone').toMatch(/^127\.0\.0\.1:/)
  expect(compose.services.database?.ports).toBeUndefined()
})
