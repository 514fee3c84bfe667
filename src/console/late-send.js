/** Sends the late point and looks at its minute until it is pushed again. */
import { ask, sendPoint } from './api.js'
import { lateRequest, lateStep, lateValue, seriesQuestion, watchQuestions } from './late-point.js'
import { accepted, looked, sightOf, watchOf } from './late-watch.js'

/**
 * @import { Dataset, Metric } from './question.js'
 * @import { Watch } from './late-watch.js'
 * @typedef {{ dataset: Dataset, metric: Metric, groupBy: string, nowMs: number }} Aim
 * @typedef {{ start: number, value: number, labels: Record<string, string>, question: Record<string, unknown>, watch: Watch }} Late
 */

const WATCH_MS_MAX = 60_000
/** Looks follow close on each other at first: a roll-up of one minute takes a few milliseconds. */
const [CLOSE_LOOK_MS, CLOSE_MS, LOOK_MS] = [5000, 15, 250]

/**
 * `onChange` is called with every look that tells something new. Resolves when the window is pushed again, or after
 * a minute. Failures: ApiFailure.
 * @param {Aim} aim
 * @param {AbortSignal} signal
 * @param {(late: Late) => unknown} onChange
 */
export async function sendLatePoint({ dataset, metric, groupBy, nowMs }, signal, onChange) {
  const start = lateStep(nowMs, dataset.stepMs)
  const labels = await greatestSeries(dataset, metric, signal)
  const { question, before } = await watchedQuestion(dataset, metric, { groupBy, start }, signal)
  const value = lateValue(metric, before.total)
  const sentMs = performance.now()
  /** @type {Late} */
  let late = { start, value, labels, question, watch: watchOf(before, sentMs) }
  /** @param {Watch} watch */
  const show = (watch) => {
    late = { ...late, watch }
    onChange(late)
  }
  show(late.watch)
  await sendPoint(lateRequest(dataset, metric, { labels, start, value, nowMs }), signal)
  show(accepted(late.watch, performance.now()))
  while (!late.watch.done && performance.now() - sentMs < WATCH_MS_MAX) {
    show(looked(late.watch, sightOf(await ask(dataset.name, question, signal)), performance.now()))
    if (!late.watch.done) await pause(performance.now() - sentMs < CLOSE_LOOK_MS ? CLOSE_MS : LOOK_MS)
  }
  return late
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Labels of the greatest series of the last hour; {} when there is none, so that the point begins one.
 * @param {Dataset} dataset
 * @param {Metric} metric
 * @param {AbortSignal} signal
 */
async function greatestSeries(dataset, metric, signal) {
  const { data } = await ask(dataset.name, seriesQuestion(metric), signal)
  const present = metric.labels
    .map((label) => [label, data[0]?.[label]])
    .filter(([, value]) => typeof value === 'string')
  return /** @type {Record<string, string>} */ (Object.fromEntries(present))
}

/**
 * The first question about the step that the push table answers now; the last when it answers none.
 * @param {Dataset} dataset
 * @param {Metric} metric
 * @param {{ groupBy: string, start: number }} place
 * @param {AbortSignal} signal
 */
async function watchedQuestion(dataset, metric, place, signal) {
  let found = null
  for (const question of watchQuestions(dataset, metric, place)) {
    found = { question, before: sightOf(await ask(dataset.name, question, signal)) }
    if (found.before.rollup !== null) break
  }
  return /** @type {NonNullable<typeof found>} */ (found)
}
