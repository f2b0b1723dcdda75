// How container managers name their cgroups, and what a session of one is called. Pure. A name proves nothing: whoever may write to
// the tree can make a folder of any name, and it is then a session like any other.
import { createHash } from 'node:crypto'
import { SessionId } from '../../server/protocol/ids.ts'

export type Recognised = {
  manager: 'docker' | 'containerd' | 'cri-o' | 'podman' | 'kubernetes' | 'lxc' | 'systemd-nspawn'
  /** 64 hex digits; absent where the manager knows its containers by name only. */
  container: string | undefined
  /** Unique id of the pod, with dashes. */
  pod: string | undefined
  name: string | undefined
}

const hex = '[0-9a-f]{64}'
const byId: [Recognised['manager'], RegExp][] = [
  ['docker', new RegExp(`/docker[-/](${hex})(?:\\.scope)?$`)],
  ['containerd', new RegExp(`/(?:cri-containerd|nerdctl)-(${hex})(?:\\.scope)?$`)],
  ['cri-o', new RegExp(`/crio-(${hex})(?:\\.scope)?$`)],
  ['podman', new RegExp(`/libpod-(${hex})(?:\\.scope)?$`)],
  ['kubernetes', new RegExp(`/kubepods/(?:[^/]+/)*pod[^/]+/(${hex})$`)],
]
const byName: [Recognised['manager'], RegExp][] = [
  ['lxc', /\/lxc\.payload[./]([^/]+)$/],
  ['systemd-nspawn', /\/systemd-nspawn@([^/]+)\.service$/],
  // A virtual machine of libvirt has a scope of this kind too: it is no container.
  ['systemd-nspawn', /\/machine\.slice\/machine-(?!qemu|libvirt)([^/]+)\.scope$/],
]
const podFolder = /(?:\/|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?\/[^/]+$/

/** What manager made this cgroup, by its path from the root of the hierarchy. undefined for every other cgroup. */
export function recognise(path: string): Recognised | undefined {
  for (const [manager, pattern] of byId) {
    const container = pattern.exec(path)?.[1]
    if (container === undefined) continue
    return { manager, container, pod: podFolder.exec(path)?.[1]?.replaceAll('_', '-'), name: undefined }
  }
  for (const [manager, pattern] of byName) {
    const name = pattern.exec(path)?.[1]
    if (name !== undefined) return { manager, container: undefined, pod: undefined, name }
  }
  return undefined
}

/** Best first; the longer ones are for a name that another session already has. */
export function sessionIdsOf(path: string): SessionId[] {
  const { container, pod } = recognise(path) ?? {}
  const prefix =
    container === undefined ? `cgroup-${slugOf(path)}` : pod === undefined ? 'container' : `pod-${pod.slice(0, 8)}`
  const id = container ?? createHash('sha256').update(path).digest('hex')
  const shortest = container === undefined ? 8 : 12
  return [shortest, 32, 64].map((length) => SessionId.parse(`${prefix}-${id.slice(0, length)}`))
}

function slugOf(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return (
    last
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'unnamed'
  )
}
