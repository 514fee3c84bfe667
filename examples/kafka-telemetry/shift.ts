/**
 * Moves an OTLP metrics request in time by editing the eight bytes of each time field in place:
 *
 *     request.1 resource_metrics ▸ 2 scope_metrics ▸ 2 metrics ▸ 5|7|9|10|11 data ▸ 1 data_points ▸ 2 start, 3 time
 *
 * Nothing else is touched, so the values stay byte for byte as recorded.
 */
const PATH: readonly (readonly number[])[] = [[1], [2], [2], [5, 7, 9, 10, 11], [1]]
const TIME_FIELDS = [2, 3]
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** A copy of the request, all times later by `byMs`. A start time of zero (unknown) stays zero. */
export function shiftRequest(body: Uint8Array, byMs: number): Uint8Array {
  const copy = Uint8Array.from(body)
  const view = new DataView(copy.buffer)
  const byNs = BigInt(byMs) * 1_000_000n
  for (const offset of timeOffsets(copy, 0, copy.length, 0)) {
    const time = view.getBigUint64(offset, true)
    if (time !== 0n) view.setBigUint64(offset, time + byNs, true)
  }
  return copy
}

function* timeOffsets(bytes: Uint8Array, start: number, end: number, depth: number): Generator<number> {
  let at = start
  while (at < end) {
    const tag = varint(bytes, at)
    const field = tag.value >>> 3
    at = tag.next
    switch (tag.value & 7) {
      case WIRE.varint:
        at = varint(bytes, at).next
        break
      case WIRE.fixed64:
        if (depth === PATH.length && TIME_FIELDS.includes(field)) yield at
        at += 8
        break
      case WIRE.bytes: {
        const length = varint(bytes, at)
        if (PATH[depth]?.includes(field)) yield* timeOffsets(bytes, length.next, length.next + length.value, depth + 1)
        at = length.next + length.value
        break
      }
      case WIRE.fixed32:
        at += 4
        break
      default:
        throw new TypeError(`no protobuf wire type ${tag.value & 7}`)
    }
  }
}

/** Lengths and tags are small: 32 bits are enough, longer varints are only skipped. */
function varint(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0
  let at = start
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!
    if (shift < 35) value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return { value, next: at }
  }
}
