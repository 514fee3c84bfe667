import { labelSetKey } from '../../../src/model/label.ts'
import { isCounter, numericOf } from '../../../src/model/measure.ts'
import { add, greater, type Num } from '../../../src/model/number.ts'
import type { Point } from '../../../src/model/point.ts'
import type { SeriesReading } from '../../cache/push/naive-oracle.ts'

/** Level 1, in plain words: of one series and step, increases add up and the latest reading counts, then the greater. */
export function seriesReadings(points: readonly Point[], metric: string): SeriesReading[] {
  const steps = new Map<string, Point[]>()
  for (const point of points) {
    if (point.metric !== metric) continue
    const key = `${point.stepMs} ${labelSetKey(point.labels)}`
    steps.set(key, [...(steps.get(key) ?? []), point])
  }
  return [...steps.values()].map((same) => ({ labels: same[0]!.labels, step: same[0]!.stepMs, value: stepValue(same) }))
}

function stepValue(same: readonly Point[]): Num {
  const { type } = same[0]!
  if (isCounter(type)) return same.map(({ value }) => value).reduce((sum, value) => add(numericOf(type), sum, value))
  const latest = Math.max(...same.map(({ readingMs }) => readingMs))
  const last = same.filter(({ readingMs }) => readingMs === latest)
  return last.map(({ value }) => value).reduce((a, b) => greater(a, b))
}
