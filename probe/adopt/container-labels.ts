// What a container manager left in files about a container: its name and image. No daemon is asked, and whatever cannot be read is
// left out. Names are chosen by whoever started the container: cut, never trusted.
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { cutText, shortTextMax } from '../../server/protocol/text.ts'

export type ContainerFacts = {
  name: string | undefined
  image: string | undefined
  /** It holds a pod's namespaces and runs nothing. */
  isSandbox: boolean
}

export const noFacts: ContainerFacts = { name: undefined, image: undefined, isSandbox: false }

const fileMaxBytes = 4 * 1024 * 1024
const DockerConfig = z.object({
  Name: z.string().optional(),
  Config: z.object({ Image: z.string().optional() }).optional(),
})
const OciConfig = z.object({ annotations: z.record(z.string(), z.string()).optional() })

/** `container`: 64 hex digits. `root`: where the host's files are. */
export function readContainerFacts(container: string, root = '/'): ContainerFacts {
  if (!/^[0-9a-f]{64}$/.test(container)) return noFacts
  const docker = DockerConfig.safeParse(
    readJson(path.join(root, `var/lib/docker/containers/${container}/config.v2.json`)),
  )
  if (docker.success) {
    return { name: cut(docker.data.Name?.replace(/^\//, '')), image: cut(docker.data.Config?.Image), isSandbox: false }
  }
  const tasks = 'run/containerd/io.containerd.runtime.v2.task'
  const storage = ['run/containers/storage', 'var/lib/containers/storage']
  const files = [
    ...['k8s.io', 'default'].map((namespace) => `${tasks}/${namespace}/${container}/config.json`),
    ...storage.map((folder) => `${folder}/overlay-containers/${container}/userdata/config.json`),
  ]
  for (const file of files) {
    const oci = OciConfig.safeParse(readJson(path.join(root, file)))
    if (oci.success) return fromAnnotations(oci.data.annotations ?? {})
  }
  return noFacts
}

function fromAnnotations(annotations: Record<string, string>): ContainerFacts {
  const first = (...names: string[]) => cut(names.map((name) => annotations[name]).find((value) => value !== undefined))
  const type = first('io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType')
  return {
    name: first(
      'io.kubernetes.cri.container-name',
      'io.kubernetes.container.name',
      'io.kubernetes.cri-o.Name',
      'nerdctl/name',
    ),
    image: first('io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName', 'io.podman.annotations.image'),
    isSandbox: type === 'sandbox',
  }
}

function cut(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : cutText(text, shortTextMax)
}

/** undefined when it is not there, too large, not a file or not JSON. */
function readJson(file: string): unknown {
  let descriptor: number
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW)
  } catch {
    return undefined
  }
  try {
    const stat = fs.fstatSync(descriptor)
    if (!stat.isFile() || stat.size > fileMaxBytes) return undefined
    return JSON.parse(fs.readFileSync(descriptor, 'utf8'))
  } catch {
    return undefined
  } finally {
    fs.closeSync(descriptor)
  }
}
