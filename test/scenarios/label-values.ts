import type { CatalogVersion } from '../../src/model/definition.ts'
import { EVERYTHING } from '../../src/model/filter.ts'
import type { Interval } from '../../src/model/interval.ts'
import { defaultTime } from '../../src/model/measure.ts'
import type { Source } from '../../src/ports/source.ts'

/** Values of every label of a dataset that occur in raw points of the interval. */
export async function labelValues(
  source: Source,
  catalog: CatalogVersion,
  dataset: string,
  interval: Interval,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const values = new Map<string, Set<string>>()
  for (const { name, type, unit, missing, labels } of catalog.datasets.get(dataset)!.metrics.values()) {
    const frame = await source.run(
      {
        kind: 'labels',
        dataset,
        version: 'raw',
        rollup: null,
        intervals: [interval],
        granularity: 'ALL',
        allStart: interval.start,
        groupBy: labels,
        pinned: {},
        filter: EVERYTHING,
        measures: [{ metric: name, type, unit, missing, space: 'SUM', time: defaultTime(type) }],
      },
      new AbortController().signal,
    )
    for (const group of frame.groups) {
      labels.forEach((label, i) => {
        const value = group[i]
        if (typeof value === 'string') values.set(label, (values.get(label) ?? new Set()).add(value))
      })
    }
  }
  return new Map([...values].map(([label, set]) => [label, [...set].sort()]))
}
