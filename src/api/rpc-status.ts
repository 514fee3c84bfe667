/** google.rpc.Code by HTTP status; OTLP clients look at the HTTP status alone, people at both. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  406: 3,
  409: 6,
  413: 3,
  415: 3,
  422: 9,
  429: 8,
  499: 1,
  500: 13,
  503: 14,
  504: 4,
}
const UNKNOWN = 2

/**
 * google.rpc.Status {code = 1, message = 2} in protobuf, the body of a failed OTLP request:
 * `08 <code> 12 <length> <UTF-8>`.
 */
export function rpcStatus(httpStatus: number, message: string): Buffer {
  const text = Buffer.from(message)
  const head = [0x08, RPC_CODES[httpStatus] ?? UNKNOWN, 0x12, ...varint(text.byteLength)]
  return Buffer.concat([Buffer.from(head), text])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return [...bytes, rest]
}
