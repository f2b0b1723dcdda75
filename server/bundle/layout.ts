// What stands where in a bundle. Everything follows from the manifest and its length, so that a check never has to believe an archive's header.
import { bytesOf, join } from './bytes.ts'
import { levelLengths } from './hash-tree.ts'
import type { BundleManifest } from './manifest.ts'
import { signatureFileBytes } from './signature-file.ts'
import { padded, tarBlock, tarEnd, tarHeader } from './tar.ts'

export const manifestName = 'manifest.json'
export const signatureName = 'manifest.sig'
export const blocksName = 'blocks.marks'

/** The manifest's own bytes begin here. */
export const manifestAt = tarBlock
export const signatureAt = (manifestLength: number): number => manifestAt + padded(manifestLength) + tarBlock

/** A part of the file that a person can be told of; `until` is one behind its last byte. */
export type Part = { name: string; at: number; until: number; isFile: boolean }

export type Layout = {
  parts: Part[]
  blocksAt: number
  blocksBytes: number
  contentAt: number
  totalBytes: number
}

export function layoutOf(manifest: BundleManifest, manifestLength: number): Layout {
  const parts: Part[] = []
  let end = 0
  const add = (name: string, bytes: number, isFile = true) => {
    parts.push({ name, at: end, until: end + bytes, isFile })
    end += bytes
  }
  const addFile = (name: string, bytes: number) => {
    add(`the header of ${name}`, tarBlock, false)
    add(name, bytes)
    if (padded(bytes) > bytes) add(`the padding behind ${name}`, padded(bytes) - bytes, false)
  }
  const blocksBytes = levelLengths(manifest.contentBytes).reduce((sum, length) => sum + length, 0)
  addFile(manifestName, manifestLength)
  addFile(signatureName, signatureFileBytes(manifestLength))
  const blocksAt = end + tarBlock
  addFile(blocksName, blocksBytes)
  const contentAt = end
  for (const { name, bytes } of manifest.files) addFile(name, bytes)
  add("the archive's end", tarEnd, false)
  return { parts, blocksAt, blocksBytes, contentAt, totalBytes: contentAt + manifest.contentBytes }
}

export function partAt({ parts }: Layout, at: number): Part | undefined {
  return parts.find((part) => at >= part.at && at < part.until)
}

/** Everything before the content of blocks.marks, byte for byte. */
export function prefixOf(manifest: Uint8Array, signature: Uint8Array, blocksBytes: number): Uint8Array {
  const file = (name: string, bytes: Uint8Array) =>
    join([tarHeader(name, bytes.length), bytes, new Uint8Array(padded(bytes.length) - bytes.length)])
  return join([file(manifestName, manifest), file(signatureName, signature), tarHeader(blocksName, blocksBytes)])
}

/** What the content is made of around its files. */
export function contentLength(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + tarBlock + padded(size), 0) + tarEnd
}

export const isNdjson = (name: string): boolean => name.endsWith('.ndjson')
/** Every line begins with its own number, so that lines which changed places can be put back. */
export const lineStart = (line: number): string => `{"line":${line},`
export const lineNumberIn = (line: Uint8Array): number | undefined => {
  const found = /^\{"line":(\d{1,15}),/.exec(
    String.fromCharCode(...line.subarray(0, bytesOf(lineStart(10 ** 15)).length)),
  )
  return found ? Number(found[1]) : undefined
}
