import { html } from './dom.js'
import { RANGES } from './question.js'

/**
 * @import { Catalog, Dataset, Metric, Picks } from './question.js'
 * @typedef {(change: Partial<Picks>) => void} OnPick
 */

/**
 * What to look at: dataset, metric, group and range.
 * @param {{ catalog: Catalog, dataset: Dataset, metric: Metric, picks: Picks, onPick: OnPick }} props
 */
export function PickView({ catalog, dataset, metric, picks, onPick }) {
  return html`
    <form class="picks card" aria-label="What to look at" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${select(
        'Dataset',
        picks.dataset,
        catalog.datasets.map(({ name }) => option(name, name)),
        (name) => onPick({ dataset: name }),
      )}
      ${select('Metric', picks.metric, metricOptions(dataset.metrics), (name) => onPick({ metric: name }), 'wide')}
      ${select('Group by', picks.groupBy, groupOptions(metric, dataset), (groupBy) => onPick({ groupBy }))}
      <fieldset class="ranges">
        <legend>Range</legend>
        <div class="choices">
          ${RANGES.map(
            ({ id, text }) => html`
              <label key=${id}>
                <input type="radio" name="range" value=${id} checked=${picks.range === id} onChange=${() => onPick({ range: id })} />
                <span>${text}</span>
              </label>`,
          )}
        </div>
      </fieldset>
    </form>`
}

/**
 * @param {string} title
 * @param {string} value
 * @param {unknown} options
 * @param {(value: string) => void} onChange
 * @param {string} [extra]
 */
const select = (title, value, options, onChange, extra = '') => html`
  <label class=${`field ${extra}`}>
    <span>${title}</span>
    <select value=${value} onChange=${(/** @type {any} */ { target }) => onChange(target.value)}>${options}</select>
  </label>`

/**
 * @param {string} value
 * @param {string} text
 */
const option = (value, text) => html`<option key=${value} value=${value}>${text}</option>`

/**
 * Under the part of the name before the slash, or before the first dot.
 * @param {readonly Metric[]} metrics
 */
function metricOptions(metrics) {
  const groups = Map.groupBy(metrics, ({ name }) =>
    name.includes('/') ? name.slice(0, name.indexOf('/')) : name.split('.')[0],
  )
  return [...groups].map(
    ([group, members]) => html`
      <optgroup key=${group} label=${group}>
        ${members.map(({ name }) => option(name, name.startsWith(`${group}/`) ? name.slice(group.length + 1) : name))}
      </optgroup>`,
  )
}

/**
 * @param {Metric} metric
 * @param {Dataset} dataset
 */
function groupOptions({ labels }, dataset) {
  const isHigh = (/** @type {string} */ label) =>
    dataset.labels.find(({ name }) => name === label)?.cardinality === 'high'
  return [
    option('', 'nothing'),
    ...labels.map((label) => option(label, isHigh(label) ? `${label} (many values)` : label)),
  ]
}
