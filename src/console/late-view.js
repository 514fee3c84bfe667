import { html } from './dom.js'
import { clockText, shortNumber, sinceText } from './format.js'
import { watchSegments } from './late-watch.js'
import { colourOf, placeText } from './ribbon.js'

/**
 * @import { Late } from './late-send.js'
 * @import { Watch, StepName } from './late-watch.js'
 * @import { Problem } from './api.js'
 * @typedef {{ late: Late | null, sending: boolean, problems: readonly Problem[], rollupIds: string[], nowMs: number, onSend: () => void }} Props
 */

/**
 * The button that sends a late point, and the picture of what was seen of it.
 * @param {Props} props
 */
export function LateView({ late, sending, problems, rollupIds, nowMs, onSend }) {
  return html`
    <section class="card late" aria-labelledby="late">
      <h2 id="late">What happens when a point comes late?</h2>
      <p>
        Send one that is ten minutes old. The minute it belongs to is pushed already, so the rollup lacks it: it is marked
        dirty, raw answers, the minute is rolled up again, and served from the push table at a new version.
      </p>
      <p class="action">
        <button type="button" class="primary" disabled=${sending} onClick=${onSend}>${sending ? 'Watching …' : late ? 'Send another late point' : 'Send a late point'}</button>
        <span class="muted">${late ? sentText(late) : 'It joins an existing series of the metric above.'}</span>
      </p>
      ${problems.map(({ code, detail, hint }) => html`<p class="problem" role="alert"><code>${code}</code> ${detail} ${hint}</p>`)}
      ${late && html`<${Seen} late=${late} rollupIds=${rollupIds} nowMs=${nowMs} sending=${sending} />`}
    </section>`
}

/** @param {Late} late */
const sentText = ({ start, value, labels }) =>
  `${shortNumber(value)} into ${clockText(start)} UTC, series ${Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(' ')}`

/** @param {{ late: Late, rollupIds: string[], nowMs: number, sending: boolean }} props */
function Seen({ late: { start, watch }, rollupIds, nowMs, sending }) {
  const lastMs = watch.done ? (watch.looks.at(-1)?.atMs ?? nowMs) : nowMs
  // What it ended with is given some room to be seen.
  const untilMs = watch.done ? lastMs + (lastMs - watch.sentMs) * 0.25 : lastMs
  return html`
    <div class="seen" aria-live="polite">
      <ol class="stations">
        ${stationsOf(watch, sending).map(
          ({ name, title, text, seen, atMs }) => html`
            <li key=${name} class=${`station-${name} ${seen}`}>
              <span class="dot" aria-hidden="true"></span>
              <strong>${title}</strong>
              <span class="when">${atMs === undefined ? '' : sinceText(atMs - watch.sentMs)}</span>
              <span class="text">${text}</span>
            </li>`,
        )}
      </ol>
      ${watch.looks.length > 0 && html`<${Moments} watch=${watch} start=${start} untilMs=${untilMs} rollupIds=${rollupIds} />`}
    </div>`
}

/**
 * @param {Watch} watch
 * @param {boolean} sending
 * @returns {{ name: StepName, title: string, text: string, seen: 'seen' | 'next' | 'missed', atMs: number | undefined }[]}
 */
function stationsOf({ before, looks, seenMs, done }, sending) {
  const newest = looks.at(-1)?.raw ?? null
  const from = before.raw ?? 0
  const texts = /** @type {const} */ ([
    ['accepted', 'Accepted', 'stored durably, then acknowledged'],
    ['raw', 'Raw version rises', newest === null || newest <= from ? `now ${from}` : `${from} ▸ ${newest}`],
    ['dirty', 'Window dirty', 'the rollup lacks the point: raw answers'],
    ['pushed', 'Rolled up again', 'all groups of the minute at a new epoch, swapped in at once'],
  ])
  return texts.map(([name, title, text]) => {
    const atMs = seenMs[name]
    const missed = atMs === undefined && (done || !sending)
    const seen = atMs !== undefined ? 'seen' : missed ? 'missed' : 'next'
    return { name, title, text: missed ? missedText(name, before.rollup) : text, seen, atMs }
  })
}

/**
 * @param {StepName} name
 * @param {string | null} rollup
 */
function missedText(name, rollup) {
  if (rollup === null) return 'no rollup answers this question, so none can be dirty'
  return name === 'dirty' ? 'over before the page could look' : 'not seen within a minute'
}

/** @param {{ watch: Watch, start: number, untilMs: number, rollupIds: string[] }} props */
function Moments({ watch, start, untilMs, rollupIds }) {
  const length = Math.max(1, untilMs - watch.sentMs)
  const segments = watchSegments(watch, untilMs)
  const words = segments.map((each) => `${placeText(each)} from ${sinceText(each.start - watch.sentMs)}`).join(', ')
  return html`
    <figure class="moments">
      <figcaption>Who answered for ${clockText(start)}, moment by moment</figcaption>
      <div class="ribbon" role="img" aria-label=${words}>
        ${segments.map(
          (each) => html`
            <span
              class=${`segment ${colourOf(each, rollupIds)} ${each.dirty ? 'dirty' : ''}`}
              style=${{ left: `${((each.start - watch.sentMs) / length) * 100}%`, width: `${((each.end - each.start) / length) * 100}%` }}
              title=${`${placeText(each)}, raw version ${each.raw}`}
            >${each.end - each.start > length * 0.15 && html`<span class="label">${placeText(each)}, version ${each.raw}</span>`}</span>`,
        )}
      </div>
      <p class="ends"><span>sent</span><span>${sinceText(length)}</span></p>
    </figure>`
}
