import { Component, html } from './dom.js'
import { lengthText, shareText, spanText } from './format.js'
import { colourOf, placeText, sharesOf } from './ribbon.js'

/**
 * @import { Segment } from './ribbon.js'
 * @typedef {{ segments: Segment[], start: number, end: number, rollupIds: string[], mark: number | null, width: number }} Props
 */

/** The ribbon: who served which piece of time, on the chart's time axis; pointing at a piece tells all about it. */
export class RibbonView extends Component {
  state = { at: /** @type {number | null} */ (null) }

  /**
   * @param {Props} props
   * @param {{ at: number | null }} state
   */
  render({ segments, start, end, rollupIds, mark, width }, { at }) {
    const shown = segments[at ?? -1]
    return html`
      <div class="served">
        <div class="ribbon" role="group" aria-label=${`Who served which piece of time: ${summaryOf(segments)}`} onMouseLeave=${() => this.setState({ at: null })}>
          ${segments.map((segment, i) => this.#piece(segment, i, { start, end, rollupIds }))}
          ${mark !== null && mark >= start && html`<span class="marker" style=${place({ start: mark, end: mark + width }, start, end)} title="the late point's minute"></span>`}
        </div>
        <p class="piece" aria-live="polite">${shown ? pieceText(shown) : 'Point at a piece, or walk there with the Tab key, to see who served it.'}</p>
        <${Shares} segments=${segments} rollupIds=${rollupIds} />
      </div>`
  }

  /**
   * @param {Segment} segment
   * @param {number} i
   * @param {{ start: number, end: number, rollupIds: string[] }} axis
   */
  #piece(segment, i, { start, end, rollupIds }) {
    const wide = (segment.end - segment.start) / (end - start)
    const look = [
      colourOf(segment, rollupIds),
      segment.provisional && 'open',
      segment.dirty && 'dirty',
      segment.stale && 'stale',
    ]
    return html`
      <button
        key=${segment.start}
        type="button"
        class=${`segment ${look.filter(Boolean).join(' ')}`}
        style=${place(segment, start, end)}
        aria-label=${pieceText(segment)}
        onMouseEnter=${() => this.setState({ at: i })}
        onFocus=${() => this.setState({ at: i })}
        onClick=${() => this.setState({ at: i })}
      >${wide > 0.14 && html`<span class="label">${placeText(segment)}</span>`}</button>`
  }
}

/**
 * @param {{ start: number, end: number }} span
 * @param {number} start
 * @param {number} end
 */
const place = (span, start, end) => ({
  left: `${((Math.max(span.start, start) - start) / (end - start)) * 100}%`,
  width: `${((Math.min(span.end, end) - Math.max(span.start, start)) / (end - start)) * 100}%`,
})

/** @param {{ segments: Segment[], rollupIds: string[] }} props */
function Shares({ segments, rollupIds }) {
  const some = (/** @type {(segment: Segment) => boolean} */ is) => segments.some(is)
  return html`
    <ul class="shares" aria-label="Legend of the ribbon">
      ${sharesOf(segments).map(
        ({ source, rollup, share }) => html`
          <li key=${`${source} ${rollup}`}>
            <span class=${`swatch ${colourOf({ source, rollup }, rollupIds)}`}></span>
            ${rollup === null ? '' : 'pushed: '}${placeText({ source, rollup })} <strong>${shareText(share)}</strong>
          </li>`,
      )}
      ${some(({ provisional }) => provisional) && html`<li><span class="swatch any open"></span>provisional: points may still come</li>`}
      ${some(({ dirty }) => dirty) && html`<li><span class="swatch raw dirty"></span>dirty: rollup lacks a late point, raw answers</li>`}
      ${some(({ stale }) => stale) && html`<li><span class="swatch any stale"></span>stale: served although late data is known</li>`}
    </ul>`
}

/** @param {readonly Segment[]} segments */
export const summaryOf = (segments) =>
  sharesOf(segments)
    .map((each) => `${placeText(each)} ${shareText(each.share)}`)
    .join(', ')

/** @param {Segment} segment */
function pieceText(segment) {
  const { start, end, rollup, grain, provisional, dirty, stale, rawLeast, rawMost } = segment
  const kept = rollup === null ? '' : `, pushed rollup of ${grain}`
  const versions = rawLeast === rawMost ? rawLeast : `${rawLeast} to ${rawMost}`
  return [
    `${spanText({ start, end })} (${lengthText(end - start)}): ${placeText(segment)}${kept}`,
    rawMost === null ? '' : `raw version ${versions}`,
    dirty ? 'dirty: the rollup lacks a late point, so raw answers' : '',
    stale ? 'stale: served although late data is known' : '',
    provisional ? 'provisional: points may still come' : '',
  ]
    .filter((text) => text !== '')
    .join(' · ')
}
