// JSON records as tools write them: one a line, or pretty-printed over many lines, or as elements of one array. A broken record costs
// itself: the next line that is whole JSON begins anew.
import { isObject, type JsonObject, jsonOfLine } from './normal-values.ts'
import type { Made, RecordReader, RecordSink } from './record-source.ts'

/** A record of many lines may be so long; beyond it, it is refused. */
const bufferCharsMax = 4 * 1024 * 1024

export const notJson = 'record is not a JSON object'

/** `each` is given the object and a sink whose default identity is the object itself, however it was printed. */
export type EachRecord = (value: JsonObject, sink: RecordSink, text: string) => void

export function jsonRecords(each: EachRecord, end: (sink: RecordSink) => void = () => undefined): RecordReader<string> {
  let buffer = ''
  let depth = 0
  let inArray = false
  let inString = false

  function forget(): void {
    buffer = ''
    depth = 0
    inString = false
  }

  function take(text: string, sink: RecordSink, isWholeLine: boolean): void {
    const value = jsonOfLine(text)
    if (Array.isArray(value)) {
      for (const element of value) {
        if (isObject(element)) each(element, withIdentity(sink, JSON.stringify(element)), JSON.stringify(element))
        else sink.refused(notJson, JSON.stringify(element) ?? '')
      }
    } else if (isObject(value)) each(value, isWholeLine ? sink : withIdentity(sink, JSON.stringify(value)), text)
    else sink.refused(notJson, text)
  }

  /** Goes on with a value that began on an earlier line. Answers false when this line cannot belong to it. */
  function goOn(line: string, sink: RecordSink): boolean {
    for (const char of line) {
      if (inString) {
        buffer += char
        if (char === '"' && !isEscaped(buffer)) inString = false
        continue
      }
      if (depth === 0) {
        if (inArray && (char === ',' || char === ' ' || char === '\t')) continue
        if (inArray && char === ']') {
          inArray = false
          continue
        }
        if (char === ' ' || char === '\t') continue
        if (char !== '{') return false
      }
      buffer += char
      if (char === '"') inString = true
      else if (char === '{' || char === '[') depth += 1
      else if (char === '}' || char === ']') {
        depth -= 1
        if (depth === 0) {
          const whole = buffer
          forget()
          take(whole, sink, false)
        }
      }
    }
    if (inString) return false // no tool breaks a line inside of a string
    if (depth > 0) buffer += '\n'
    if (buffer.length <= bufferCharsMax) return true
    sink.refused('record is longer than 4 MB', buffer)
    forget()
    return true
  }

  function read(line: string, sink: RecordSink): void {
    if (depth > 0 || inArray) {
      // Pretty-printed records are indented: a whole object at the margin is a record of its own.
      if (depth > 0 && line.startsWith('{') && isObject(jsonOfLine(line))) giveUp(sink)
      else if (goOn(line, sink)) return
      else if (buffer !== '') {
        giveUp(sink)
        return
      }
      inArray = false
      forget()
    }
    const text = line.trim()
    if (jsonOfLine(text) !== undefined) {
      take(text, sink, true)
      return
    }
    if (/^[{[]/.test(text) && /[{[,:]$/.test(text)) {
      if (text.startsWith('[')) inArray = true
      if (goOn(text.startsWith('[') ? text.slice(1) : text, sink)) return
      inArray = false
      forget()
    }
    sink.refused(notJson, line)
  }

  function giveUp(sink: RecordSink): void {
    sink.refused(notJson, buffer)
    forget()
  }

  return {
    read,
    end(sink) {
      if (buffer !== '') giveUp(sink)
      inArray = false
      end(sink)
    },
  }
}

function isEscaped(buffer: string): boolean {
  let slashes = 0
  for (let at = buffer.length - 2; at >= 0 && buffer[at] === '\\'; at -= 1) slashes += 1
  return slashes % 2 === 1
}

function withIdentity(sink: RecordSink, identity: string): RecordSink {
  return {
    understood: (what: string, made: Made) => sink.understood(what, { identity, ...made }),
    skipped: (reason, example) => sink.skipped(reason, example ?? identity),
    refused: (reason, raw) => sink.refused(reason, raw ?? identity),
  }
}
