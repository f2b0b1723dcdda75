// AnyValue and attributes of OTLP/JSON, read by hand: zod would recurse as deep as the sender likes.
import { type Attributes, type AttributeValue, maxValueDepth, tooDeepMark } from './otlp-model.ts'

type Json = Record<string, unknown>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list of `{key, value}`; entries of another shape are left out, the last of equal keys wins. */
export function attributesOf(list: readonly unknown[]): Attributes {
  const attributes = new Map<string, AttributeValue>()
  for (const entry of list) {
    if (isObject(entry) && typeof entry.key === 'string') attributes.set(entry.key, anyValueOf(entry.value, 0))
  }
  return attributes
}

/** `{stringValue: …}` and its siblings; an unknown or empty value is null. */
export function anyValueOf(value: unknown, depth: number): AttributeValue {
  if (!isObject(value)) return null
  for (const key of Object.keys(value)) {
    const given = value[key]
    if (given === null || given === undefined) continue
    switch (key) {
      case 'stringValue':
      case 'string_value':
      case 'bytesValue':
      case 'bytes_value':
        return typeof given === 'string' ? given : null
      case 'boolValue':
      case 'bool_value':
        return typeof given === 'boolean' ? given : null
      case 'intValue':
      case 'int_value':
        return integerOf(given)
      case 'doubleValue':
      case 'double_value':
        return doubleOf(given)
      case 'arrayValue':
      case 'array_value':
        return depth >= maxValueDepth ? tooDeepMark : valuesOf(given).map((item) => anyValueOf(item, depth + 1))
      case 'kvlistValue':
      case 'kvlist_value':
        return depth >= maxValueDepth ? tooDeepMark : keyValueListOf(valuesOf(given), depth + 1)
    }
  }
  return null
}

function valuesOf(list: unknown): unknown[] {
  return isObject(list) && Array.isArray(list.values) ? list.values : []
}

function keyValueListOf(entries: unknown[], depth: number): { [key: string]: AttributeValue } {
  const list: { [key: string]: AttributeValue } = Object.create(null)
  for (const entry of entries) {
    if (isObject(entry)) list[typeof entry.key === 'string' ? entry.key : ''] = anyValueOf(entry.value, depth)
  }
  return list
}

/** A number where that is exact, decimal text where it is not. */
function integerOf(given: unknown): AttributeValue {
  if (typeof given === 'number' && Number.isInteger(given)) {
    return Number.isSafeInteger(given) ? given : BigInt(given).toString()
  }
  if (typeof given !== 'string' || !/^-?\d{1,20}$/.test(given)) return null
  const rounded = Number(given)
  return Number.isSafeInteger(rounded) ? rounded : BigInt(given).toString()
}

function doubleOf(given: unknown): AttributeValue {
  if (typeof given === 'number') return given
  if (typeof given !== 'string' || !/^(NaN|-?Infinity|-?\d[\d.eE+-]{0,40})$/.test(given)) return null
  return Number(given)
}
