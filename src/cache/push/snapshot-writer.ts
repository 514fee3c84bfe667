import { ByteWriter } from './byte-writer.ts'
import type { LiveWindow } from './live-window.ts'
import type { RawVersions } from './raw-versions.ts'
import type { RollupTable } from './rollup-table.ts'
import type { SeriesIndex } from './series-index.ts'
import type { StagedEpoch } from './staged-epoch.ts'
import type { WindowEntry } from './window-ring.ts'

/** Raise it with every change of the layout: a snapshot of another layout counts as damaged. */
export const SNAPSHOT_LAYOUT = 1

/**
 * layout ▸ raw versions ▸ per rollup version: head, series, windows
 *
 *   series:  dictionaries (JSON) · count · label codes
 *   window:  bucket · mark · live? (version, rows) · staged epochs (epoch, seals, rows with partitions)
 *   rows:    count · ids · [partitions] · cells · integers beyond 2^53
 */
export function writeSnapshot(tables: readonly RollupTable[], rawVersions: RawVersions): Uint8Array {
  const writer = new ByteWriter()
  writer.u32(SNAPSHOT_LAYOUT)
  writer.json([...rawVersions.entries()].map(({ dataset, chunks }) => [dataset, [...chunks]]))
  writer.u32(tables.length)
  for (const table of tables) writeTable(writer, table)
  return writer.finish()
}

function writeTable(writer: ByteWriter, table: RollupTable): void {
  const { rollup, shape, index, ring } = table
  writer.json({
    rollup: rollup.id,
    defHash: rollup.defHash,
    labels: rollup.labels,
    columns: shape.columns.map((column) => [column.key, column.width]),
  })
  writeSeries(writer, index)
  writer.u32(ring.entries.length)
  for (const entry of ring.entries) writeWindow(writer, entry)
}

function writeSeries(writer: ByteWriter, index: SeriesIndex): void {
  writer.json(index.dictionaries.map((dictionary) => dictionary.values()))
  writer.u32(index.count)
  writer.array(index.codes())
}

function writeWindow(writer: ByteWriter, { bucket, mark, live, staged }: WindowEntry): void {
  writer.f64(bucket)
  writer.f64(mark)
  writer.u32(live ? 1 : 0)
  if (live) writeLive(writer, live)
  writer.u32(staged.length)
  for (const epoch of staged) writeStaged(writer, epoch)
}

function writeLive(writer: ByteWriter, live: LiveWindow): void {
  for (const number of [live.epoch, live.raw, live.through]) writer.f64(number)
  writer.u32(live.ids.length)
  writer.array(live.ids)
  writer.array(live.cells)
  writeBig(writer, live.big ?? new Map())
}

function writeStaged(writer: ByteWriter, staged: StagedEpoch): void {
  writer.f64(staged.epoch)
  writer.u32(staged.seals.size)
  for (const [partition, { keys, of, raw, through }] of staged.seals) {
    for (const number of [partition, keys, of, raw, through]) writer.f64(number)
  }
  writer.u32(staged.count)
  writer.array(staged.ids)
  writer.array(staged.partitions)
  writer.array(staged.cells)
  writeBig(writer, staged.big)
}

const writeBig = (writer: ByteWriter, big: ReadonlyMap<number, bigint>): void =>
  writer.json([...big].map(([cell, value]) => [cell, value.toString()]))
