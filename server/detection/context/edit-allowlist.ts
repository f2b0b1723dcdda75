// One entry more or fewer in the text of context.yml; comments and everything else in it stay. Says what is wrong instead of writing it.
import { isMap, isSeq, parseDocument } from 'yaml'
import { parseContexts } from './context-schema.ts'

export type AllowPlace = { scope: 'all' | 'taskSet' | 'run'; name: string }
export type NewEntry = { to: string; ports?: (number | string)[] | undefined; why: string }
type Edited = { text: string } | { wrong: string; isConflict?: true }

const byHand = 'context.yml is written in a way that cannot be changed from here: edit it in the Rules room'

export function addEntry(text: string, place: AllowPlace, { to, ports, why }: NewEntry): Edited {
  if (place.scope !== 'all' && place.name.trim() === '') return { wrong: 'name the task set or the run' }
  const entry = { to: to.trim(), ...(ports && ports.length > 0 && { ports: ports.map(portOf) }), why }
  const read = parseContexts({ all: { destinations: [entry] } })
  if ('errors' in read) return { wrong: (read.errors[0] ?? '').replace('all.destinations.0.', '') }
  return edit(text, (document) => {
    const path = pathOf(place)
    const list = document.getIn(path, true)
    const node = document.createNode(entry, { flow: true })
    if (isSeq(list)) {
      const same = JSON.stringify([entry.to, entry.ports])
      const standing = list.toJSON() as { to?: unknown; ports?: unknown }[]
      if (standing.some((each) => JSON.stringify([each.to, each.ports]) === same))
        return { wrong: `${entry.to} stands in this list already`, isConflict: true }
      list.add(node)
    } else if (list === undefined) {
      for (let length = 1; length < path.length; length += 1) {
        const above = document.getIn(path.slice(0, length), true)
        if (above !== undefined && !isMap(above)) return { wrong: byHand }
      }
      document.setIn(path, document.createNode([]))
      const made = document.getIn(path, true)
      if (!isSeq(made)) return { wrong: byHand }
      made.flow = false
      made.add(node)
    } else return { wrong: byHand }
    return undefined
  })
}

export function removeEntry(text: string, place: AllowPlace, index: number, to: string): Edited {
  return edit(text, (document) => {
    const list = document.getIn(pathOf(place), true)
    if (!isSeq(list)) return { wrong: 'this list is not there any more', isConflict: true }
    const standing = list.toJSON() as { to?: unknown }[]
    if (standing[index]?.to !== to) return { wrong: `${to} does not stand there any more`, isConflict: true }
    if (standing.length === 1) document.deleteIn(pathOf(place))
    else list.delete(index)
    return undefined
  })
}

type Wrong = { wrong: string; isConflict?: true }

function edit(text: string, change: (document: ReturnType<typeof parseDocument>) => Wrong | undefined): Edited {
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0) return { wrong: byHand }
  try {
    return change(document) ?? { text: document.toString({ lineWidth: 0 }) }
  } catch {
    return { wrong: byHand }
  }
}

function pathOf({ scope, name }: AllowPlace): string[] {
  return scope === 'all' ? ['all', 'destinations'] : [scope === 'run' ? 'runs' : 'taskSets', name, 'destinations']
}

function portOf(port: number | string): number | string {
  return typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port
}
