// Processes as a tree in reading order. A parent that is not in the list, or a cycle in bad data, makes a root. Pure.
import type { ProcessView } from '../../server/protocol/browser-messages.ts'

export type TreeLine = { process: ProcessView; depth: number }

export function processTree(processes: readonly ProcessView[]): TreeLine[] {
  const sorted = [...processes].sort((a, b) => a.startedAtMs - b.startedAtMs || a.pid - b.pid)
  // A PID may have been used twice: the newest one that started before the child is its parent.
  const byPid = new Map<number, ProcessView[]>()
  for (const each of sorted) byPid.set(each.pid, [...(byPid.get(each.pid) ?? []), each])
  const children = new Map<ProcessView | undefined, ProcessView[]>()
  for (const each of sorted) {
    const parent = (byPid.get(each.ppid) ?? [])
      .filter((other) => other !== each && other.startTicks <= each.startTicks)
      .at(-1)
    children.set(parent, [...(children.get(parent) ?? []), each])
  }
  const lines: TreeLine[] = []
  const seen = new Set<ProcessView>()
  const visit = (process: ProcessView, depth: number) => {
    if (seen.has(process)) return
    seen.add(process)
    lines.push({ process, depth })
    for (const child of children.get(process) ?? []) visit(child, depth + 1)
  }
  for (const root of children.get(undefined) ?? []) visit(root, 0)
  for (const each of sorted) visit(each, 0)
  return lines
}
