/** What was seen of a late point, look by look. Pure. */
import { dirtySpans } from './ribbon.js'

/**
 * @import { Plan } from './ribbon.js'
 * @typedef {{ source: string, rollup: string | null, raw: number | null, dirty: boolean, total: number | null }} Sight
 * @typedef {Sight & { atMs: number }} Look
 * @typedef {'accepted' | 'raw' | 'dirty' | 'pushed'} StepName
 * @typedef {{ before: Sight, sentMs: number, looks: Look[], seenMs: Partial<Record<StepName, number>>, done: boolean }} Watch
 */

/** A watch that never saw more than this many changes keeps the newest. */
const LOOKS_MAX = 200

/**
 * What one answer about one step says.
 * @param {{ data: readonly { value: number | null }[], meta: { plan: Plan } }} answer
 * @returns {Sight}
 */
export function sightOf({ data, meta: { plan } }) {
  const slice = plan.slices[0]
  const values = data.map(({ value }) => Number(value ?? 0))
  const total = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
  if (slice === undefined) return { source: 'missing', rollup: null, raw: null, dirty: false, total }
  const { source, rollup, raw } = slice
  return { source, rollup, raw, dirty: rollup === null && dirtySpans(plan).length > 0, total }
}

/**
 * @param {Sight} before
 * @param {number} sentMs
 * @returns {Watch}
 */
export const watchOf = (before, sentMs) => ({ before, sentMs, looks: [], seenMs: {}, done: false })

/**
 * @param {Watch} watch
 * @param {number} atMs
 * @returns {Watch}
 */
export const accepted = (watch, atMs) => ({ ...watch, seenMs: { ...watch.seenMs, accepted: atMs } })

/**
 * One more look. Steps are seen once; looks that say the same as the last are not kept apart.
 *
 *     push, raw 4 │ raw store, raw 7, dirty │ push, raw 7
 *                 └ accepted ▸ raw ▸ dirty  └ pushed: done
 *
 * @param {Watch} watch
 * @param {Sight} sight
 * @param {number} atMs
 * @returns {Watch}
 */
export function looked(watch, sight, atMs) {
  const last = watch.looks.at(-1)
  const same = last !== undefined && lookOf(last) === lookOf(sight)
  const looks = same ? watch.looks : [...watch.looks, { ...sight, atMs }].slice(-LOOKS_MAX)
  const rose = sight.raw !== null && sight.raw > (watch.before.raw ?? 0)
  const seenMs = { ...watch.seenMs }
  if (rose) seenMs.raw ??= atMs
  if (sight.dirty) seenMs.dirty ??= atMs
  const again = rose && sight.rollup !== null
  if (again) seenMs.pushed ??= atMs
  const done = again || (rose && watch.before.rollup === null)
  return { ...watch, looks, seenMs, done }
}

/** @param {Sight} sight */
const lookOf = ({ source, rollup, raw, dirty }) => JSON.stringify([source, rollup, raw, dirty])

/**
 * Who answered when, for the small timeline: as before until the point was accepted, then as each look found it.
 * @param {Watch} watch
 * @param {number} untilMs
 */
export function watchSegments({ before, looks, sentMs, seenMs }, untilMs) {
  const acceptedMs = seenMs.accepted ?? untilMs
  const later = looks.map((look, i) => ({ ...look, start: i === 0 ? acceptedMs : look.atMs }))
  const sights = [{ ...before, start: sentMs }, ...later].filter(
    (sight, i, all) => i === 0 || lookOf(sight) !== lookOf(all[i - 1]),
  )
  return sights.map((sight, i) => ({ ...sight, end: Math.max(sights[i + 1]?.start ?? untilMs, sight.start) }))
}
