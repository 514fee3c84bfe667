import type { CatalogVersion, DatasetDefinition } from '../model/definition.ts'
import { DAY_MS } from '../model/granularity.ts'
import { floorTo } from '../model/interval.ts'
import type { LateMark } from '../model/point.ts'
import type { RawChunks } from '../ports/raw.ts'
import type { Books } from './books.ts'
import { BOUNDS } from './bounds.ts'

interface Asking {
  readonly chunks: RawChunks
  readonly catalog: CatalogVersion
  readonly asOf: number
  readonly marks: readonly LateMark[]
}

/**
 * Finds where each dataset's data begins: before that nothing is rolled up. Until there is any, the store is asked
 * whenever another window could have become due; afterwards only a late mark can move the beginning.
 */
export async function findFirstData(books: Books, { chunks, catalog, asOf, marks }: Asking): Promise<void> {
  for (const dataset of catalog.datasets.values()) {
    const raw = books.rawOf(dataset.name)
    if (raw.first !== null || dataset.rollups.size === 0) continue
    const newestWindow = floorTo(asOf - BOUNDS.earlyMs - 1, dataset.stepMs)
    if (newestWindow <= raw.emptyThrough && marks.every((mark) => mark.dataset !== dataset.name)) continue
    const [first] = await chunks.list(dataset.name, keptOf(dataset, asOf))
    if (first) raw.foundData(first.start)
    else raw.emptyThrough = newestWindow
  }
}

/** Points may lie a little ahead of the clock. */
const keptOf = ({ retentionRawMs }: DatasetDefinition, asOf: number) => ({
  start: asOf - retentionRawMs,
  end: asOf + DAY_MS,
})
