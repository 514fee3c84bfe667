import type { StateMeasure } from '../../../model/measure.ts'
import type { MeasureRule } from '../rule.ts'

/**
 * E6. The measure is stored under the same definition (metric, type, unit, space, missing):
 *   MAX of bytes, rollup stores SUM of bytes            ▸ rejected for this measure
 *   bytes in By, rollup stored them when they were kB   ▸ rejected: another meaning, never merged
 */
export const MEASURE_STORED: MeasureRule = {
  kind: 'measure',
  name: 'measure stored',
  judge({ rollup }, { ref, key }) {
    if (!rollup) return null
    const { metric } = ref
    const stored = rollup.measures.get(key)
    if (!stored) return { code: 'MEASURE_MISSING', metric, detail: () => `${rollup.version.id} does not store ${key}` }
    if (isSame(stored, ref)) return null
    const detail = () => `${rollup.version.id} stores ${key} under another definition (type, unit or missing)`
    return { code: 'MEASURE_VERSION', metric, detail }
  },
}

const isSame = (a: StateMeasure, b: StateMeasure): boolean =>
  a.metric === b.metric && a.space === b.space && a.type === b.type && a.unit === b.unit && a.missing === b.missing
