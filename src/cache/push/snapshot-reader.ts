import type { DefHash } from '../../model/definition.ts'
import { LanewayError } from '../../model/errors.ts'
import { bucketEnd, bucketStart, type Grain } from '../../model/granularity.ts'
import { ByteReader, damaged } from './byte-reader.ts'
import type { LiveWindow } from './live-window.ts'
import type { RollupTable } from './rollup-table.ts'
import { SeriesIndex } from './series-index.ts'
import { SNAPSHOT_LAYOUT } from './snapshot-writer.ts'
import { StagedEpoch } from './staged-epoch.ts'
import type { WindowEntry } from './window-ring.ts'

/** Version of one raw chunk as it was kept. */
export interface KeptVersion {
  readonly dataset: string
  readonly chunkStart: number
  readonly version: number
}

const WINDOW_BYTES_MIN = 24
const STAGED_BYTES_MIN = 20
const SEAL_BYTES = 40
const HEAD_BYTES_MIN = 16

/**
 * Fills `tables` (new ones) with what a snapshot has for their versions; versions that are not defined any more are
 * passed over. Throws nothing but SNAPSHOT_DAMAGED; the tables are then to be thrown away.
 */
export function readSnapshot(bytes: Uint8Array, tables: ReadonlyMap<DefHash, RollupTable>): KeptVersion[] {
  try {
    const reader = new ByteReader(bytes)
    if (reader.u32() !== SNAPSHOT_LAYOUT) throw damaged('it has another layout')
    const versions = readVersions(reader.json())
    const rollups = reader.count(HEAD_BYTES_MIN)
    for (let i = 0; i < rollups; i++) readTable(reader, tables)
    if (!reader.atEnd) throw damaged('something follows its end')
    return versions
  } catch (error) {
    throw error instanceof LanewayError ? error : damaged('it is not of its layout', error)
  }
}

function readVersions(value: unknown): KeptVersion[] {
  return listOf(value).flatMap((each) => {
    const [dataset, chunks] = listOf(each)
    return listOf(chunks).map((chunk) => {
      const [chunkStart, version] = listOf(chunk)
      return { dataset: textOf(dataset), chunkStart: integerOf(chunkStart), version: integerOf(version) }
    })
  })
}

interface Head {
  readonly rollup: string
  readonly defHash: string
  readonly labels: readonly string[]
  readonly columns: readonly (readonly [string, number])[]
}

function readTable(reader: ByteReader, tables: ReadonlyMap<DefHash, RollupTable>): void {
  const head = headOf(reader.json())
  const index = readSeries(reader, head.labels)
  const width = head.columns.reduce((sum, [, each]) => sum + each, 0)
  const table = tables.get(head.defHash)
  const grain = table?.rollup.grain
  const count = reader.count(WINDOW_BYTES_MIN)
  const kept: KeptWindow[] = []
  for (let i = 0; i < count; i++) kept.push(readWindow(reader, { width, series: index.count }))
  if (!table || !grain || table.rollup.id !== head.rollup) return
  checkFits(head, table)
  checkOrder(kept, grain)
  table.adopt(
    index,
    kept.map((window) => ({ ...window, bucketEnd: bucketEnd(grain, window.bucket) })),
  )
}

function headOf(value: unknown): Head {
  if (typeof value !== 'object' || value === null) throw damaged('a head is no object')
  const { rollup, defHash, labels, columns } = value as Record<string, unknown>
  const widths = listOf(columns).map((each): [string, number] => [textOf(listOf(each)[0]), widthOf(listOf(each)[1])])
  return { rollup: textOf(rollup), defHash: textOf(defHash), labels: listOf(labels).map(textOf), columns: widths }
}

function checkFits(head: Head, table: RollupTable): void {
  const have = [table.rollup.labels, table.shape.columns.map((column) => [column.key, column.width])]
  if (JSON.stringify(have) !== JSON.stringify([head.labels, head.columns])) {
    throw damaged(`${head.rollup} has other labels or measures`)
  }
}

function checkOrder(windows: readonly KeptWindow[], grain: Grain): void {
  for (const [i, { bucket }] of windows.entries()) {
    const inOrder = i === 0 || windows[i - 1]!.bucket < bucket
    if (!inOrder || bucketStart(grain, bucket) !== bucket) throw damaged('its windows are not in order')
  }
}

function readSeries(reader: ByteReader, labels: readonly string[]): SeriesIndex {
  const values = listOf(reader.json()).map((each) => listOf(each).map(textOf))
  if (values.length !== labels.length) throw damaged('a label has no values')
  const index = new SeriesIndex(labels)
  for (const [label, texts] of values.entries()) {
    for (const text of texts) index.dictionaries[label]!.codeOf(text)
    if (index.dictionaries[label]!.size !== texts.length + 1) throw damaged('a label value is there twice')
  }
  const count = reader.u32()
  const codes = reader.int32(count * labels.length)
  if (count > Math.max(1, codes.length)) throw damaged('there are more series than label values')
  for (let id = 0; id < count; id++) readOneSeries(index, codes, id)
  return index
}

function readOneSeries(index: SeriesIndex, codes: Int32Array, id: number): void {
  const width = index.labels.length
  for (let label = 0; label < width; label++) {
    const code = codes[id * width + label]!
    if (code < 0 || code >= index.dictionaries[label]!.size) throw damaged('a series has an unknown label value')
  }
  if (index.idOfCodes(codes, id * width) !== id) throw damaged('a series is there twice')
}

/** A window as it stands in the snapshot; its end follows from the grain, which the definition knows. */
type KeptWindow = Omit<WindowEntry, 'bucketEnd'>

/** What rows must fit: numbers per row, series there are. */
interface RowFrame {
  readonly width: number
  readonly series: number
}

function readWindow(reader: ByteReader, frame: RowFrame): KeptWindow {
  const bucket = reader.integer()
  const mark = reader.integer()
  const live = reader.u32() === 0 ? null : readLive(reader, frame)
  const epochs = reader.count(STAGED_BYTES_MIN)
  const staged: StagedEpoch[] = []
  for (let i = 0; i < epochs; i++) staged.push(readStaged(reader, frame))
  const rising = staged.every((each, i) => each.epoch > (staged[i - 1]?.epoch ?? live?.epoch ?? -Infinity))
  if (!rising) throw damaged('its epochs are not in order')
  return { bucket, mark, live, staged }
}

function readLive(reader: ByteReader, frame: RowFrame): LiveWindow {
  const [epoch, raw, through] = [reader.integer(), reader.integer(), reader.integer()]
  const count = reader.u32()
  const ids = reader.int32(count)
  for (let i = 0; i < count; i++) {
    if (ids[i]! <= (ids[i - 1] ?? -1) || ids[i]! >= frame.series)
      throw damaged('the series of a window are not in order')
  }
  const cells = reader.float64(count * frame.width)
  const big = readBig(reader, cells.length)
  return { epoch, raw, through, ids, cells, big: big.size === 0 ? null : big }
}

function readStaged(reader: ByteReader, frame: RowFrame): StagedEpoch {
  const staged = new StagedEpoch(reader.integer(), frame.width)
  const seals = reader.count(SEAL_BYTES)
  for (let i = 0; i < seals; i++) {
    const partition = reader.integer()
    const [keys, of, raw, through] = [reader.integer(), reader.integer(), reader.integer(), reader.integer()]
    staged.seals.set(partition, { keys, of, raw, through })
  }
  const count = reader.u32()
  const ids = reader.int32(count)
  const partitions = reader.int32(count)
  const cells = reader.float64(count * frame.width)
  const big = readBig(reader, cells.length)
  for (let i = 0; i < count; i++) {
    if (ids[i]! < 0 || ids[i]! >= frame.series) throw damaged('a staged row has an unknown series')
    const from = i * frame.width
    staged.put(partitions[i]!, ids[i]!, {
      cells: cells.subarray(from, from + frame.width),
      big: bigOf(big, from, frame.width),
    })
  }
  return staged
}

function bigOf(big: ReadonlyMap<number, bigint>, from: number, width: number): [number, bigint][] {
  const own: [number, bigint][] = []
  for (let i = 0; big.size > 0 && i < width; i++) {
    const value = big.get(from + i)
    if (value !== undefined) own.push([i, value])
  }
  return own
}

function readBig(reader: ByteReader, cells: number): Map<number, bigint> {
  const big = new Map<number, bigint>()
  for (const each of listOf(reader.json())) {
    const [cell, text] = listOf(each)
    if (integerOf(cell) >= cells) throw damaged('a large integer has no cell')
    big.set(integerOf(cell), BigInt(textOf(text)))
  }
  return big
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged('a list is none')
  return value
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw damaged('a text is none')
  return value
}

function integerOf(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw damaged('a whole number is none')
  return value as number
}

function widthOf(value: unknown): number {
  const width = integerOf(value)
  if (width < 1 || width > 8) throw damaged('a measure has an impossible width')
  return width
}
