import { Component, html } from './dom.js'
import { spanText } from './format.js'
import { placeText, spanOf } from './ribbon.js'

/**
 * @import { Candidate, Reason } from './ribbon.js'
 * @import { Answer } from './api.js'
 */

const REASONS_MAX = 4
/** Shown before somebody asks for all. */
const CANDIDATES = 6

/**
 * The question as curl, and who was considered to answer it.
 * @param {{ curl: string, answer: Answer }} props
 */
export function ExplainView({ curl, answer }) {
  const { plan } = answer.meta
  return html`
    <section class="card" aria-labelledby="asked">
      <h2 id="asked">The question</h2>
      <${Copied} text=${curl} />
      <h3>Who could answer, and why the others did not</h3>
      ${Array.isArray(plan.candidates) && html`<${Candidates} candidates=${plan.candidates} />`}
      ${plan.hint && html`<p class="hint">Hint: ${plan.hint}</p>`}
      <p class="footnote">
        <${JsonLink} value=${plan} />${answer.result && html` · <code>${answer.result}</code>`}
      </p>
    </section>`
}

class Copied extends Component {
  state = { said: '' }

  /** @param {string} text */
  async #copy(text) {
    const said = await navigator.clipboard.writeText(text).then(
      () => 'copied',
      () => 'select it and copy by hand: the browser does not let the page do it',
    )
    this.setState({ said })
    setTimeout(() => this.setState({ said: '' }), 2500)
  }

  /**
   * @param {{ text: string }} props
   * @param {{ said: string }} state
   */
  render({ text }, { said }) {
    return html`
      <div class="curl">
        <pre tabindex="0" aria-label="The question as curl">${text}</pre>
        <p><button type="button" onClick=${() => this.#copy(text)}>Copy as curl</button> <span role="status">${said}</span></p>
      </div>`
  }
}

/** Used ones first, then those with the fewest reasons against them; the rest behind a fold. */
class Candidates extends Component {
  state = { all: false }

  /**
   * @param {{ candidates: readonly Candidate[] }} props
   * @param {{ all: boolean }} state
   */
  render({ candidates }, { all }) {
    const sorted = [...candidates].sort((a, b) => rank(a) - rank(b) || a.reasons.length - b.reasons.length)
    const shown = all ? sorted : sorted.slice(0, Math.max(CANDIDATES, sorted.filter(({ chosen }) => chosen).length))
    const more = sorted.length - CANDIDATES
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Candidates">
        <table class="candidates">
          <thead>
            <tr><th scope="col">Candidate</th><th scope="col">Used</th><th scope="col">Reasons against it</th></tr>
          </thead>
          <tbody>${shown.map(rowOf)}</tbody>
        </table>
      </div>
      ${
        more > 0 &&
        html`<p><button type="button" aria-expanded=${all} onClick=${() => this.setState({ all: !all })}>
          ${all ? 'Show fewer' : `Show all ${sorted.length} candidates`}
        </button></p>`
      }`
  }
}

/** @param {Candidate} candidate */
const rank = ({ chosen, rollup }) => (chosen ? Number(rollup === null) : 2)

/** @param {Candidate} each */
const rowOf = (each) => html`
  <tr key=${`${each.source} ${each.rollup}`} class=${each.chosen ? 'chosen' : ''}>
    <th scope="row">${placeText(each)}<small>${each.rollup === null ? 'unaggregated points' : each.source}</small></th>
    <td>${each.chosen ? '✓ yes' : 'no'}</td>
    <td>${reasonsOf(each)}</td>
  </tr>`

/** @param {Candidate} candidate */
function reasonsOf({ chosen, reasons }) {
  if (reasons.length === 0) return html`<span class="muted">${chosen ? 'none' : 'another was cheaper'}</span>`
  const more = reasons.length - REASONS_MAX
  return html`
    <ul class="reasons">
      ${reasons.slice(0, REASONS_MAX).map(({ code, detail, interval }, i) => html`<li key=${i}><code>${code}</code> ${detail}${within(interval)}</li>`)}
      ${more > 0 && html`<li class="muted">and ${more} more in the JSON</li>`}
    </ul>`
}

/** @param {string | undefined} interval */
function within(interval) {
  const span = spanOf(interval)
  return span && html` <span class="muted">(${spanText(span)})</span>`
}

/** Opens in a tab of its own; made when it is clicked, for the answer changes every few seconds. */
class JsonLink extends Component {
  #url = ''

  componentWillUnmount() {
    URL.revokeObjectURL(this.#url)
  }

  /**
   * @param {any} event
   * @param {unknown} value
   */
  #open(event, value) {
    URL.revokeObjectURL(this.#url)
    this.#url = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }))
    event.currentTarget.href = this.#url
  }

  /** @param {{ value: unknown }} props */
  render({ value }) {
    return html`<a href="#explain" target="_blank" rel="noopener" onClick=${(/** @type {Event} */ event) => this.#open(event, value)}>Explain as JSON</a>`
  }
}
