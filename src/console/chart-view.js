import uPlot from '/console/vendor/uplot.mjs'
import { Component, createRef, html } from './dom.js'
import { clockText, dayText, shortNumber } from './format.js'

/**
 * @import { Line } from './chart-data.js'
 * @typedef {{ times: number[], lines: Line[], start: number, end: number, completeThrough: number, mark: number | null,
 *   width: number, unit: string, summary: string, children?: unknown }} Props
 */

const HEIGHT = 260
/** The ribbon keeps the same distances (style.css), so that both have one time axis. */
const [LEFT, RIGHT] = [58, 22]

/** Lines over time with a legend of its own. The plot lives beside preact, which only owns the box around it. */
export class ChartView extends Component {
  #box = createRef()
  /** @type {any} */
  #plot = null
  #shape = ''
  #sizes = new ResizeObserver(() => this.#resize())
  #scheme = matchMedia('(prefers-color-scheme: dark)')
  #onScheme = () => this.#draw(true)
  state = { at: /** @type {number | null} */ (null), hidden: /** @type {ReadonlySet<string>} */ (new Set()) }

  componentDidMount() {
    this.#sizes.observe(this.#box.current)
    this.#scheme.addEventListener('change', this.#onScheme)
    this.#draw()
  }

  /** @param {Props} before */
  componentDidUpdate(before) {
    if (before !== this.props) this.#draw()
  }

  componentWillUnmount() {
    this.#sizes.disconnect()
    this.#scheme.removeEventListener('change', this.#onScheme)
    this.#plot?.destroy()
  }

  #resize() {
    const width = this.#box.current.clientWidth
    if (this.#plot && width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT })
  }

  /** New data into the old plot where the lines are the same ones, else a new plot. */
  #draw(anew = false) {
    const { times, lines, start, end, width } = /** @type {Props} */ (this.props)
    const shape = JSON.stringify(lines.map(({ name }) => name))
    const data = plateaus(times, lines, width)
    if (this.#plot === null || anew || shape !== this.#shape) {
      this.#plot?.destroy()
      this.#plot = new uPlot(this.#options(), data, this.#box.current)
      this.#shape = shape
    } else this.#plot.setData(data, false)
    this.#plot.batch(() => {
      this.#plot.setScale('x', { min: start / 1000, max: end / 1000 })
      for (const [i, { name }] of lines.entries()) this.#plot.setSeries(i + 1, { show: !this.state.hidden.has(name) })
    })
  }

  /** @returns {uPlot.Options} */
  #options() {
    const styles = getComputedStyle(document.documentElement)
    const colour = (/** @type {string} */ name) => styles.getPropertyValue(name).trim()
    const { lines } = /** @type {Props} */ (this.props)
    const font = '12px system-ui, sans-serif'
    const axis = {
      stroke: colour('--muted'),
      font,
      ticks: { show: false },
      grid: { stroke: colour('--line'), width: 1 },
    }
    return {
      width: Math.max(200, this.#box.current.clientWidth),
      height: HEIGHT,
      padding: [12, RIGHT, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: true, auto: false }, y: { range: rangeFromZero } },
      axes: [
        { ...axis, size: 30, space: 60, grid: { show: false }, values: timeTexts },
        {
          ...axis,
          size: LEFT,
          gap: 6,
          values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(shortNumber),
        },
      ],
      series: [{}, ...lines.map((line, i) => lineOf(line.name, colour(`--line-${i % 8}`)))],
      hooks: {
        drawClear: [(/** @type {any} */ plot) => this.#underlay(plot, colour)],
        setCursor: [(/** @type {any} */ plot) => this.#pointed(plot.cursor.idx)],
      },
    }
  }

  /** @param {number | null | undefined} index of a plateau's end */
  #pointed(index) {
    const at = index === null || index === undefined ? null : Math.floor(index / 2)
    if (at !== this.state.at) this.setState({ at })
  }

  /**
   * What is not complete yet lies on a tint behind a broken line; the late point's step is marked.
   * @param {any} plot
   * @param {(name: string) => string} colour
   */
  #underlay(plot, colour) {
    const { completeThrough, mark, width } = /** @type {Props} */ (this.props)
    const { ctx, bbox } = plot
    const x = (/** @type {number} */ ms) =>
      Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(ms / 1000, 'x', true)))
    const right = bbox.left + bbox.width
    ctx.save()
    if (mark !== null) {
      ctx.fillStyle = colour('--mark-tint')
      ctx.fillRect(x(mark), bbox.top, Math.max(2, x(mark + width) - x(mark)), bbox.height)
    }
    const complete = x(completeThrough)
    if (complete < right) {
      ctx.fillStyle = colour('--open-tint')
      ctx.fillRect(complete, bbox.top, right - complete, bbox.height)
      ctx.strokeStyle = colour('--muted')
      ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio])
      ctx.beginPath()
      ctx.moveTo(complete, bbox.top)
      ctx.lineTo(complete, bbox.top + bbox.height)
      ctx.stroke()
    }
    ctx.restore()
  }

  /** @param {string} name */
  #toggle(name) {
    const hidden = new Set(this.state.hidden)
    if (!hidden.delete(name)) hidden.add(name)
    this.setState({ hidden }, () => this.#draw())
  }

  /**
   * @param {Props} props
   * @param {{ at: number | null, hidden: ReadonlySet<string> }} state
   */
  render({ lines, times, unit, summary, children }, { at, hidden }) {
    const moment = at === null || times[at] === undefined ? null : times[at] * 1000
    return html`
      <div class="chart">
        <div class="plot" ref=${this.#box} role="img" aria-label=${summary}></div>
        ${children}
        <p class="legend-time">${moment === null ? 'newest values' : `${dayText(moment)} ${clockText(moment)} UTC`}${unit && `, in ${unit}`}</p>
        <ul class="legend" aria-label="Lines">
          ${lines.map((line, i) => this.#entry(line, i, at, hidden))}
        </ul>
      </div>`
  }

  /**
   * @param {Line} line
   * @param {number} i
   * @param {number | null} at
   * @param {ReadonlySet<string>} hidden
   */
  #entry({ name, values, last }, i, at, hidden) {
    const value = at === null ? last : (values[at] ?? null)
    return html`
      <li key=${name}>
        <button type="button" aria-pressed=${!hidden.has(name)} onClick=${() => this.#toggle(name)} title="show or hide">
          <span class=${`swatch line-${i % 8}`}></span>
          <span class="name">${name}</span>
          <span class="value">${value === null ? '–' : shortNumber(value)}</span>
        </button>
      </li>`
  }
}

/**
 * A value holds for its whole bucket, so it is drawn as wide as what it stands for, also beside a gap: two points a
 * bucket, at its start and just before its end.
 * @param {readonly number[]} times
 * @param {readonly Line[]} lines
 * @param {number} width ms
 */
const plateaus = (times, lines, width) =>
  /** @type {uPlot.AlignedData} */ ([
    times.flatMap((time) => [time, time + width / 1000 - 0.001]),
    ...lines.map(({ values }) => values.flatMap((value) => [value, value])),
  ])

/**
 * @param {string} label
 * @param {string} stroke
 */
const lineOf = (label, stroke) => ({ label, stroke, width: 1.75, points: { show: false } })

/**
 * Zero belongs to the picture: heights can be compared.
 * @param {unknown} _
 * @param {number | null} min
 * @param {number | null} max
 * @returns {[number, number]}
 */
function rangeFromZero(_, min, max) {
  if (min === null || max === null) return [0, 1]
  const [low, high] = [Math.min(0, min), Math.max(0, max)]
  return low === high ? [0, 1] : [low * 1.05, high * 1.05]
}

/**
 * UTC, like the buckets; the day where it begins.
 * @param {unknown} _
 * @param {number[]} splits seconds
 */
const timeTexts = (_, splits) =>
  splits.map((seconds) => (seconds % 86_400 === 0 ? dayText(seconds * 1000) : clockText(seconds * 1000)))
