// What one GPU is called: by its uuid, or by `index-N`, as readings that mask the uuid name it.
import type { HostId } from '../protocol/ids.ts'

type Named = { gpu: string; index?: number | undefined }

export function isNamed({ gpu, index }: Named, name: string): boolean {
  return gpu === name || (index !== undefined && name === `index-${index}`)
}

/** What its readings may call it; undefined: nobody has named it. */
export function namesOfGpu(
  known: Iterable<Named & { host: HostId }>,
  host: HostId,
  name: string,
): string[] | undefined {
  for (const each of known)
    if (each.host === host && isNamed(each, name))
      return each.index === undefined ? [each.gpu] : [each.gpu, `index-${each.index}`]
  return undefined
}
