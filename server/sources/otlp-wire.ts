// The protobuf parts that traces and logs share: bounded messages, AnyValue, attributes, resource, scope.
// Field numbers are those of opentelemetry-proto v1 (common.proto, resource.proto). Reads forward only, so time is linear.
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { type Attributes, type AttributeValue, maxItems, maxValueDepth, tooDeepMark } from './otlp-model.ts'

// A byte order mark is kept: text must be the same as in JSON.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const decodeUtf8 = (bytes: Uint8Array): string => utf8.decode(bytes)

/** Where decoding stands. `end` is the end of the message being read: nothing may read past it. */
export class WireReader extends BinaryReader {
  end: number
  items = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    super(bytes, decodeUtf8)
    this.#bytes = bytes
    this.end = bytes.length
  }

  /** Reads a nested message: calls `field` for each of its fields; a field that answers false is unknown and skipped. */
  message(field: (fieldNo: number, wireType: WireType) => boolean): void {
    const length = this.uint32()
    const outerEnd = this.end
    const end = this.pos + length
    if (end > outerEnd) throw new Error(`a message of ${length} bytes reaches past its parent's end`)
    this.end = end
    this.fields(field)
    this.end = outerEnd
  }

  fields(field: (fieldNo: number, wireType: WireType) => boolean): void {
    while (this.pos < this.end) {
      const tag = this.uint32()
      const fieldNo = tag >>> 3
      const wireType: WireType = tag & 7
      if (fieldNo === 0) throw new Error('field number 0')
      if (!field(fieldNo, wireType)) this.skip(wireType, fieldNo)
      if (this.pos > this.end) throw new Error('a field reaches past the end of its message')
    }
  }

  count(): void {
    this.items += 1
    if (this.items > maxItems) throw new Error(`more than ${maxItems} spans, attributes and values in one request`)
  }

  /** `fixed64` nanoseconds to whole milliseconds, exactly and without BigInt (hi * 967296 + lo stays below 2^53). */
  timeMs(): number {
    const lo = this.fixed32()
    const hi = this.fixed32()
    return hi * 4294 + Math.floor((hi * 967_296 + lo) / 1_000_000)
  }

  /** `int64`: a number where that is exact, decimal text where it is not. */
  integer(): number | string {
    const first = this.#bytes[this.pos]
    if (first !== undefined && first < 0x80) {
      this.pos += 1
      return first
    }
    const exact = BigInt(this.int64())
    const rounded = Number(exact)
    return Number.isSafeInteger(rounded) ? rounded : exact.toString()
  }

  /** Bytes as lower-case hex; longer than any id is cut, so that a hostile id costs nothing. */
  hex(): string {
    const bytes = this.bytes()
    return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 32)).toString('hex')
  }
}

export function readAttribute(reader: WireReader, into: Map<string, AttributeValue>): void {
  reader.count()
  const [key, value] = readKeyValue(reader, 0)
  into.set(key, value)
}

function readKeyValue(reader: WireReader, depth: number): [string, AttributeValue] {
  let key = ''
  let value: AttributeValue = null
  reader.message((fieldNo, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    if (fieldNo === 1) key = reader.string()
    else if (fieldNo === 2) value = readAnyValue(reader, depth)
    else return false
    return true
  })
  return [key, value]
}

export function readAnyValue(reader: WireReader, depth: number): AttributeValue {
  reader.count()
  let value: AttributeValue = null
  reader.message((fieldNo, wireType) => {
    if (fieldNo === 1 && wireType === WireType.LengthDelimited) value = reader.string()
    else if (fieldNo === 2 && wireType === WireType.Varint) value = reader.bool()
    else if (fieldNo === 3 && wireType === WireType.Varint) value = reader.integer()
    else if (fieldNo === 4 && wireType === WireType.Bit64) value = reader.double()
    else if ((fieldNo === 5 || fieldNo === 6) && wireType === WireType.LengthDelimited) {
      if (depth >= maxValueDepth) {
        value = tooDeepMark
        return false
      }
      value = fieldNo === 5 ? readArray(reader, depth + 1) : readKeyValueList(reader, depth + 1)
    } else if (fieldNo === 7 && wireType === WireType.LengthDelimited) {
      value = Buffer.from(reader.bytes()).toString('base64')
    } else return false
    return true
  })
  return value
}

function readArray(reader: WireReader, depth: number): AttributeValue[] {
  const values: AttributeValue[] = []
  reader.message((fieldNo, wireType) => {
    if (fieldNo !== 1 || wireType !== WireType.LengthDelimited) return false
    values.push(readAnyValue(reader, depth))
    return true
  })
  return values
}

function readKeyValueList(reader: WireReader, depth: number): { [key: string]: AttributeValue } {
  const list: { [key: string]: AttributeValue } = Object.create(null)
  reader.message((fieldNo, wireType) => {
    if (fieldNo !== 1 || wireType !== WireType.LengthDelimited) return false
    const [key, value] = readKeyValue(reader, depth)
    list[key] = value
    return true
  })
  return list
}

/** Resource: only its attributes (field 1) matter here. */
export function readResource(reader: WireReader): Attributes {
  const attributes = new Map<string, AttributeValue>()
  reader.message((fieldNo, wireType) => {
    if (fieldNo !== 1 || wireType !== WireType.LengthDelimited) return false
    readAttribute(reader, attributes)
    return true
  })
  return attributes
}

/** InstrumentationScope: only its name (field 1) matters here. */
export function readScopeName(reader: WireReader): string {
  let name = ''
  reader.message((fieldNo, wireType) => {
    if (fieldNo !== 1 || wireType !== WireType.LengthDelimited) return false
    name = reader.string()
    return true
  })
  return name
}
