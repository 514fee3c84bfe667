/** Kafka's default partitioner hash: 32-bit murmur2, made positive. Source: Austin Appleby's MurmurHash2, seed as Kafka uses. */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995
  let h = 0x9747b28c ^ bytes.length
  const whole = bytes.length & ~3
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = bytes.length & 3
  if (rest === 3) h ^= bytes[whole + 2]! << 16
  if (rest >= 2) h ^= bytes[whole + 1]! << 8
  if (rest >= 1) h = Math.imul(h ^ bytes[whole]!, m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  h ^= h >>> 15
  return h & 0x7fffffff
}

const encoder = new TextEncoder()

/** Partition of an aggregate: by the JSON of its labels alone, so every bucket of a group lies in one partition. */
export const partitionOf = (labelsJson: string, partitions: number): number =>
  murmur2(encoder.encode(labelsJson)) % partitions
