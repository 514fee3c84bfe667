import { ApiFailure, fetchCatalog } from './api.js'
import { chartDataOf } from './chart-data.js'
import { ChartView } from './chart-view.js'
import { Component, html } from './dom.js'
import { EmptyView, Problems } from './empty-view.js'
import { ExplainView } from './explain-view.js'
import { clockText, shareText, unitText } from './format.js'
import { sendLatePoint } from './late-send.js'
import { LateView } from './late-view.js'
import { Live } from './live.js'
import { PickView } from './pick-view.js'
import { curlText, measureText, nearestRollups, picksFor, questionOf, rangeOf, widthMs } from './question.js'
import { segmentsOf } from './ribbon.js'
import { RibbonView, summaryOf } from './ribbon-view.js'

/**
 * @import { Catalog, Dataset, Metric, Picks } from './question.js'
 * @import { Answer, Problem } from './api.js'
 * @import { Late } from './late-send.js'
 * @typedef {{ catalog: Catalog | null, skewMs: number, picks: Picks | null, asked: Picks | null,
 *   question: Record<string, unknown> | null, answer: Answer | null, tookMs: number, problems: readonly Problem[],
 *   paused: boolean, late: Late | null, sending: boolean, lateProblems: readonly Problem[] }} State
 */

const CATALOG_PERIOD_MS = 30_000
/** While there is nothing to show, somebody waits for it. */
const EMPTY_PERIOD_MS = 3000

/** The page: what is picked, the newest answer, and what was seen of a late point. */
export class App extends Component {
  #live = new Live({
    onAnswer: (answer, question, tookMs) =>
      this.setState((/** @type {State} */ { picks }) => ({ answer, question, tookMs, asked: picks, problems: [] })),
    onFailure: (error) => this.setState({ problems: problemsOf(error) }),
  })
  /** Ends the watch of a late point when another metric is picked. */
  #watching = new AbortController()
  /** @type {State} */
  state = {
    ...{ catalog: null, skewMs: 0, picks: null, asked: null, question: null, answer: null, tookMs: 0, problems: [] },
    ...{ paused: false, late: null, sending: false, lateProblems: [] },
  }

  componentDidMount() {
    void this.#readCatalog()
  }

  /** New metrics register themselves, so the catalog is read again and again. */
  async #readCatalog() {
    try {
      const catalog = await fetchCatalog()
      const before = /** @type {State} */ (this.state).picks
      const picks = picksFor(catalog, before ?? fromAddress())
      const same = JSON.stringify(picks) === JSON.stringify(before)
      this.setState({ catalog, skewMs: catalog.now - Date.now(), ...(same ? {} : { picks, problems: [] }) })
      if (picks !== null && !same) this.#live.show(picks)
    } catch (error) {
      this.setState({ problems: problemsOf(error) })
    }
    const period = this.state.picks === null ? EMPTY_PERIOD_MS : CATALOG_PERIOD_MS
    setTimeout(() => void this.#readCatalog(), period)
  }

  /** @param {Partial<Picks>} change */
  #pick(change) {
    const { catalog, picks } = /** @type {State} */ (this.state)
    const next = picksFor(/** @type {Catalog} */ (catalog), { ...picks, ...change })
    if (next === null) return
    history.replaceState(null, '', `#${new URLSearchParams({ ...next })}`)
    this.setState({ picks: next })
    if (change.range === undefined) {
      this.#watching.abort()
      this.setState({ late: null, lateProblems: [] })
    }
    this.#live.show(next)
  }

  #pause() {
    const paused = !this.state.paused
    this.setState({ paused })
    this.#live.pause(paused)
  }

  /** @param {{ dataset: Dataset, metric: Metric, groupBy: string }} aim */
  async #sendLate(aim) {
    this.#watching = new AbortController()
    const { signal } = this.#watching
    this.setState({ sending: true, late: null, lateProblems: [] })
    this.#live.hurry(true)
    try {
      const nowMs = Date.now() + this.state.skewMs
      await sendLatePoint({ ...aim, nowMs }, signal, (late) => signal.aborted || this.setState({ late }))
    } catch (error) {
      if (!signal.aborted) this.setState({ lateProblems: problemsOf(error) })
    }
    this.setState({ sending: false })
    this.#live.hurry(false)
  }

  /**
   * @param {unknown} _
   * @param {State} state
   */
  render(_, state) {
    const { catalog, picks, problems } = state
    if (catalog === null || picks === null)
      return html`<${EmptyView} loading=${catalog === null} problems=${problems} />`
    const dataset = /** @type {Dataset} */ (catalog.datasets.find(({ name }) => name === picks.dataset))
    const metric = /** @type {Metric} */ (dataset.metrics.find(({ name }) => name === picks.metric))
    const aim = { dataset, metric, groupBy: picks.groupBy }
    const rollupIds = nearestRollups(dataset, picks)
    return html`
      <${PickView} catalog=${catalog} dataset=${dataset} metric=${metric} picks=${picks} onPick=${(/** @type {Partial<Picks>} */ change) => this.#pick(change)} />
      ${this.#chart(state, aim, rollupIds)}
      <${LateView}
        late=${state.late} sending=${state.sending} problems=${state.lateProblems} rollupIds=${rollupIds}
        nowMs=${performance.now()} onSend=${() => this.#sendLate(aim)} />
      ${state.answer && html`<${ExplainView} curl=${curlText(location.origin, picks.dataset, { ...(state.question ?? questionOf(picks)), explain: 'full' })} answer=${state.answer} />`}`
  }

  /**
   * @param {State} state
   * @param {{ metric: Metric, groupBy: string, dataset: Dataset }} aim
   * @param {string[]} rollupIds
   */
  #chart(state, { metric, dataset }, rollupIds) {
    const { answer, asked, picks, problems, paused, late, tookMs } = state
    const { name, description } = metric
    const shown = asked ?? /** @type {Picks} */ (picks)
    const granularity = rangeOf(shown.range).granularity
    return html`
      <section class=${`card picture ${asked === picks ? '' : 'old'}`} aria-labelledby="metric" aria-busy=${asked !== picks}>
        <div class="head">
          <div>
            <h2 id="metric">${name}</h2>
            ${description && html`<p>${description}</p>`}
            <p class="muted">${measureText(metric, picks?.groupBy ?? '', granularity)}</p>
          </div>
          <button type="button" aria-pressed=${paused} onClick=${() => this.#pause()}>${paused ? 'Go on live' : 'Pause'}</button>
        </div>
        <${Problems} problems=${problems} />
        ${answer ? picture({ answer, shown, metric, dataset, rollupIds, late, tookMs }) : html`<div class="placeholder">asking …</div>`}
      </section>`
  }
}

/**
 * Chart, ribbon and state line of one answer.
 * @param {{ answer: Answer, shown: Picks, metric: Metric, dataset: Dataset, rollupIds: string[], late: Late | null, tookMs: number }} props
 */
function picture({ answer, shown, metric, rollupIds, late, tookMs }) {
  const { plan, freshness, truncated, groupsTotal } = answer.meta
  const segments = segmentsOf(plan, freshness.completeThrough)
  const width = widthMs(rangeOf(shown.range).granularity)
  const start = Math.min(...segments.map((segment) => segment.start))
  const end = Math.max(...segments.map((segment) => segment.end))
  const groupBy = shown.groupBy === '' ? [] : [shown.groupBy]
  const { times, lines } = chartDataOf(answer.data, { groupBy, start, end, width })
  const mark = late === null ? null : Math.floor(late.start / width) * width
  const unit = unitText(metric.unit)
  const summary = `${metric.name} from ${clockText(start)} to ${clockText(end)} UTC, ${lines.length} lines. Served by ${summaryOf(segments)}.`
  return html`
    <${StateLine} freshness=${freshness} segments=${segments} tookMs=${tookMs} />
    <${ChartView}
      ...${{ times, lines, start, end, mark, width, unit, summary }}
      completeThrough=${Date.parse(freshness.completeThrough)}
    >
      <${RibbonView} ...${{ segments, start, end, rollupIds, mark, width }} />
    <//>
    ${lines.length === 0 && html`<p class="note">No series of this metric has a point in this range. Pick a longer range, or another metric.</p>`}
    ${truncated && html`<p class="note">The ${lines.length} first of ${groupsTotal} groups.</p>`}`
}

const STATES = {
  complete: 'complete: nothing asked for is missing',
  provisional: 'provisional: the newest minutes may still change',
  stale: 'stale: served although late data is known',
}

/** @param {{ freshness: import('./api.js').Freshness, segments: import('./ribbon.js').Segment[], tookMs: number }} props */
function StateLine({ freshness: { state, completeThrough }, segments, tookMs }) {
  const length = segments.reduce((sum, { start, end }) => sum + end - start, 0)
  const pushed = segments.filter(({ rollup }) => rollup !== null).reduce((sum, { start, end }) => sum + end - start, 0)
  return html`
    <p class="state">
      <span class=${`badge ${state}`} title=${STATES[state]}>${state}</span>
      <span>complete through <strong>${clockText(Date.parse(completeThrough), true)} UTC</strong></span>
      <span><strong>${shareText(pushed / length)}</strong> of the time pushed</span>
      <span>answered in <strong>${Math.max(1, Math.round(tookMs))} ms</strong></span>
    </p>`
}

/** What was picked when the address was copied. */
const fromAddress = () =>
  /** @type {Partial<Picks>} */ (Object.fromEntries(new URLSearchParams(location.hash.slice(1))))

/**
 * @param {unknown} error
 * @returns {readonly Problem[]}
 */
function problemsOf(error) {
  if (error instanceof ApiFailure) return error.problems
  return [{ code: 'PAGE', detail: `The page could not show the answer: ${/** @type {Error} */ (error).message}` }]
}
