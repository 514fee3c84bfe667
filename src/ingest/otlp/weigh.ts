import protobuf from 'protobufjs'

/** Counts elements; throws ELEMENTS_EXCEEDED as soon as there are too many. */
export class ElementsExceeded extends Error {}

interface Shape {
  /** By field id: submessages, and arrays of numbers with the least bytes one number takes. */
  readonly messages: ReadonlyMap<number, protobuf.Type>
  readonly arrays: ReadonlyMap<number, number>
}

const WIRE_LENGTH = 2
const DEPTH_MAX = 100

/**
 * Counts messages and array elements of an encoded protobuf message without decoding it: a body of empty messages
 * is two bytes each on the wire and a hundred in memory, so its length alone bounds nothing.
 */
export function protobufElements(type: protobuf.Type, body: Uint8Array, max: number): number {
  const shapes = new Map<protobuf.Type, Shape>()
  const reader = protobuf.Reader.create(body)
  let count = 0
  const add = (n: number) => {
    count += n
    if (count > max) throw new ElementsExceeded()
  }
  const walk = (message: protobuf.Type, end: number, depth: number): void => {
    if (depth > DEPTH_MAX) throw new RangeError('nested too deeply')
    const shape = shapeOf(message, shapes)
    while (reader.pos < end) {
      const tag = reader.uint32()
      const length = (tag & 7) === WIRE_LENGTH ? reader.uint32() : -1
      const next = reader.pos + length
      if (length < 0) {
        reader.skipType(tag & 7)
        if (shape.arrays.has(tag >>> 3)) add(1)
        continue
      }
      if (next > end) throw new RangeError('index out of range')
      const child = shape.messages.get(tag >>> 3)
      add(child ? 1 : length / (shape.arrays.get(tag >>> 3) ?? Number.POSITIVE_INFINITY))
      if (child) walk(child, next, depth + 1)
      reader.pos = next
    }
  }
  walk(type, body.byteLength, 0)
  return count
}

function shapeOf(type: protobuf.Type, shapes: Map<protobuf.Type, Shape>): Shape {
  const known = shapes.get(type)
  if (known) return known
  const messages = new Map<number, protobuf.Type>()
  const arrays = new Map<number, number>()
  for (const field of type.fieldsArray) {
    if (field.resolvedType instanceof protobuf.Type) messages.set(field.id, field.resolvedType)
    else if (field.repeated) arrays.set(field.id, field.type === 'fixed64' || field.type === 'double' ? 8 : 1)
  }
  const shape = { messages, arrays }
  shapes.set(type, shape)
  return shape
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** `,` `[` `{` */
const OPENERS = new Set([0x2c, 0x5b, 0x7b])

/** Counts values of a JSON text (commas and brackets outside strings), an upper bound of what parsing makes. */
export function jsonElements(body: Uint8Array, max: number): number {
  let count = 0
  let quoted = false
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!
    if (byte === BACKSLASH && quoted) i++
    else if (byte === QUOTE) quoted = !quoted
    else if (!quoted && OPENERS.has(byte) && ++count > max) throw new ElementsExceeded()
  }
  return count
}
