import { NONE, type Objection, type WindowRule } from '../rule.ts'

/**
 * E5. Only whole windows inside the asked intervals, each inside one bucket; others are taken out one by one:
 *   10:30/13:30 by PT1H, windows PT1H   ▸ 11:00/13:00 is left
 *   00:00/12:00 by PT6H, windows PT4H   ▸ 00:00/04:00 and 08:00/12:00 are left: 04:00/08:00 lies in two buckets
 *   by PT1M, windows PT1H               ▸ nothing is left
 */
export const GRAIN_NESTS: WindowRule = {
  kind: 'window',
  name: 'grain nests',
  narrow({ rollup }, intervals, asked) {
    if (!rollup) return { kept: intervals, objections: NONE }
    const { id, grain } = rollup.version
    const { whole, cutByEdge, cutByBucket } = asked.windowsOf(grain)
    const objections: Objection[] = []
    if (cutByEdge) {
      const detail = () => `windows of ${grain} in ${id} are cut by the edge of the asked interval`
      objections.push({ code: 'GRAIN_TOO_COARSE', interval: cutByEdge, detail })
    }
    if (cutByBucket) {
      const detail = () => `windows of ${grain} in ${id} are cut by buckets of ${asked.question.granularity}`
      const code = whole.length === 0 ? 'GRAIN_TOO_COARSE' : 'GRAIN_NOT_NESTED'
      objections.push({ code, interval: cutByBucket, detail })
    }
    return { kept: whole, objections }
  },
}
