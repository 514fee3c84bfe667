import { channel } from 'node:diagnostics_channel'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { CHANNELS } from '../model/channels.ts'
import { LanewayError } from '../model/errors.ts'

/** Raise it with every change of the layout: a file of another layout counts as damaged. */
const LAYOUT = 1
const MAGIC = Buffer.from('LANEWAYP')
const PREFIX_BYTES = MAGIC.length + 8
const CHECKSUM_BYTES = 4
/** Read, written and summed at once, so that a large table does not hold the event loop. */
const PIECE_BYTES = 8 * 1024 * 1024

const snapshotChannel = channel(CHANNELS.snapshot)

/** The push table with the positions it stands at: data and positions live and die together. */
export interface Snapshot {
  readonly topicId: string
  readonly positions: ReadonlyMap<number, bigint>
  /** What `versionName` says of each rollup version that was defined. */
  readonly versions: readonly string[]
  /** Moment up to which everything appended was applied. */
  readonly appliedMs: number
  readonly table: Uint8Array
}

/**
 *   magic · layout u32 · head bytes u32 · head (JSON) · table · CRC-32 of all before
 *
 * Written to another name, forced to disk, then renamed: at any moment the path holds one whole snapshot or none.
 */
export async function writeSnapshotFile(path: string, { table, positions, ...rest }: Snapshot): Promise<number> {
  const head = Buffer.from(JSON.stringify({ ...rest, positions: [...positions].map(([p, at]) => [p, `${at}`]) }))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  MAGIC.copy(prefix)
  prefix.writeUInt32LE(LAYOUT, MAGIC.length)
  prefix.writeUInt32LE(head.length, MAGIC.length + 4)
  const temporary = `${path}.new`
  try {
    const bytes = await writeForced(temporary, [prefix, head, table])
    snapshotChannel.publish({ phase: 'written', bytes })
    await rename(temporary, path)
    await forceFolder(dirname(path))
    snapshotChannel.publish({ phase: 'renamed', bytes })
    return bytes
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

async function writeForced(path: string, parts: readonly Uint8Array[]): Promise<number> {
  const file = await open(path, 'w')
  try {
    let sum = 0
    let bytes = 0
    for (const piece of parts.flatMap((part) => piecesOf(part))) {
      sum = crc32(piece, sum)
      await file.writeFile(piece)
      bytes += piece.length
    }
    const checksum = Buffer.alloc(CHECKSUM_BYTES)
    checksum.writeUInt32LE(sum)
    await file.writeFile(checksum)
    await file.sync()
    return bytes + CHECKSUM_BYTES
  } finally {
    await file.close()
  }
}

function piecesOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / PIECE_BYTES)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES))
}

/** The rename itself is on disk when the folder is. */
async function forceFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Null without a file. Error: SNAPSHOT_DAMAGED, whatever is wrong with it. */
export async function readSnapshotFile(path: string): Promise<Snapshot | null> {
  try {
    const bytes = await readChecked(path)
    return bytes && parse(bytes)
  } catch (error) {
    throw error instanceof LanewayError ? error : damaged(messageOf(error), error)
  }
}

async function readChecked(path: string): Promise<Buffer | null> {
  const file = await openIfThere(path)
  if (!file) return null
  try {
    const { size } = await file.stat()
    if (size < PREFIX_BYTES + CHECKSUM_BYTES) throw damaged(`it has only ${size} bytes`)
    const bytes = Buffer.allocUnsafeSlow(size)
    let sum = 0
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(PIECE_BYTES, size - at), at)
      if (bytesRead === 0) throw damaged('it ends too early')
      sum = crc32(bytes.subarray(at, Math.min(at + bytesRead, size - CHECKSUM_BYTES)), sum)
      at += bytesRead
    }
    if (sum !== bytes.readUInt32LE(size - CHECKSUM_BYTES)) throw damaged('its checksum is wrong')
    return bytes
  } finally {
    await file.close()
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parse(bytes: Buffer): Snapshot {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it does not begin like one')
  const layout = bytes.readUInt32LE(MAGIC.length)
  if (layout !== LAYOUT) throw damaged(`it has layout ${layout}, this Laneway reads layout ${LAYOUT}`)
  const tableAt = PREFIX_BYTES + bytes.readUInt32LE(MAGIC.length + 4)
  if (tableAt > bytes.length - CHECKSUM_BYTES) throw damaged('its head is longer than the file')
  const head = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, tableAt))
  return {
    topicId: head.topicId,
    positions: new Map(head.positions.map(([partition, at]: [number, string]) => [partition, BigInt(at)])),
    versions: head.versions,
    appliedMs: head.appliedMs,
    // no Buffer: its slice() shares memory where the table's reader expects a copy
    table: new Uint8Array(bytes.buffer, bytes.byteOffset + tableAt, bytes.length - CHECKSUM_BYTES - tableAt),
  }
}

const damaged = (what: string, cause?: unknown): LanewayError =>
  new LanewayError('SNAPSHOT_DAMAGED', { detail: `push-table snapshot file: ${what}`, cause })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
