import type { DatasetDefinition, MetricDefinition, RollupVersion } from '../model/definition.ts'
import { EVERYTHING } from '../model/filter.ts'
import { fixedMs, GRANULARITIES, type Grain, HOUR_MS } from '../model/granularity.ts'
import { measureOf, versionOf } from './rollup.ts'

type AutoDataset = Pick<DatasetDefinition, 'name' | 'stepMs' | 'latenessMs' | 'labels' | 'metrics'>

/**
 * The rollup that a metric of a dataset without rollups gets, so that a newcomer's own metrics are pushed too: at the
 * base step, SUM, every label but those of high cardinality, kept for two hours.
 */
export function autoRollupOf(dataset: AutoDataset, metric: MetricDefinition): RollupVersion {
  const grain = GRANULARITIES.find((each) => fixedMs(each) === dataset.stepMs) as Grain
  return versionOf({
    name: `auto_${grain.slice(2).toLowerCase()}.${metric.name}`,
    dataset,
    labels: metric.labels.filter((label) => dataset.labels.get(label)?.cardinality !== 'high'),
    filter: EVERYTHING,
    grain,
    measures: [measureOf(metric, 'SUM')],
    keep: { pushMs: 2 * HOUR_MS, druidMs: null },
  })
}

/** Whether nobody wrote a rollup for the dataset; written names never start with `auto_`. */
export const hasOnlyAutoRollups = (dataset: Pick<DatasetDefinition, 'rollups'>): boolean =>
  [...dataset.rollups.keys()].every((name) => name.startsWith('auto_'))
