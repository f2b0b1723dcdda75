// Cgroups as container managers make them, with real processes in them, in a folder of the test's own. It kills and removes what it
// made, by name. Tests only.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { mountPointOf } from './cgroup-mount.ts'
import { until } from './fake-server.test-fixture.ts'
import { finding } from './probe-rig.test-fixture.ts'

const enter = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
let serial = 0

export type ContainerHere = { id: string; path: string; folder: string }

export class ContainersHere {
  /** From the root of the hierarchy. */
  readonly path = `/adopt-test-${process.pid}-${++serial}`
  private readonly children: ChildProcess[] = []

  /** `within`: folders between. An empty cgroup, as it is before its container starts. */
  make(within = '', name = (id: string): string => `docker-${id}.scope`): ContainerHere {
    const id = randomBytes(32).toString('hex')
    return this.makeAt(id, `${within}/${name(id)}`)
  }

  makeAt(id: string, inside: string): ContainerHere {
    const at = `${this.path}${inside}`
    const folder = this.folderOf(at)
    fs.mkdirSync(folder, { recursive: true })
    return { id, path: at, folder }
  }

  /** Starts a command in it, or in a cgroup below it. */
  run({ folder }: { folder: string }, command: readonly string[], below = ''): ChildProcess {
    fs.mkdirSync(`${folder}${below}`, { recursive: true })
    const child = spawn('sh', ['-c', enter, `${folder}${below}`, ...command], { stdio: 'ignore', detached: true })
    this.children.push(child)
    return child
  }

  /** Kills what is in it and waits until it is empty. */
  async empty({ folder }: { folder: string }): Promise<void> {
    if (!fs.existsSync(folder)) return
    fs.writeFileSync(path.join(folder, 'cgroup.kill'), '1')
    await until(`${folder} is empty`, () =>
      fs.readFileSync(path.join(folder, 'cgroup.events'), 'utf8').includes('populated 0'),
    )
  }

  /** As its manager removes it. */
  async remove(container: { folder: string }): Promise<void> {
    await this.empty(container)
    removeTree(container.folder)
  }

  async stop(): Promise<void> {
    const folder = this.folderOf(this.path)
    for (const child of this.children) child.kill('SIGKILL')
    await this.empty({ folder })
    if (fs.existsSync(folder)) removeTree(folder)
  }

  private folderOf(at: string): string {
    if (!finding.ok) throw new Error('left out')
    return path.join(mountPointOf(finding.home), at)
  }
}

function removeTree(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(path.join(folder, entry.name))
  fs.rmdirSync(folder)
}
