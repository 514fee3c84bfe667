/** Which source served which piece of time, as coloured segments. Pure. */

/**
 * @typedef {{ interval: string, source: string, rollup: string | null, grain: string, raw: number | null }} Slice
 * @typedef {{ code: string, label?: string, metric?: string, interval?: string, detail: string }} Reason
 * @typedef {{ source: string, rollup: string | null, chosen: boolean, reasons: Reason[] }} Candidate
 * @typedef {{ slices: Slice[], candidates: number | Candidate[], missing: string[], stale: string[] }} Plan
 * @typedef {{ start: number, end: number }} Span
 * @typedef {Span & { source: string, rollup: string | null, grain: string, provisional: boolean, dirty: boolean,
 *   stale: boolean, rawLeast: number | null, rawMost: number | null }} Segment
 */

/**
 * `start/end` as the server writes intervals ▸ epoch ms; null for anything else.
 * @param {string | undefined} text
 * @returns {Span | null}
 */
export function spanOf(text) {
  const [start, end] = (text ?? '').split('/').map((each) => Date.parse(each))
  return Number.isFinite(start) && Number.isFinite(end) ? { start, end } : null
}

/** @param {readonly (string | undefined)[]} texts */
const spansOf = (texts) => texts.map(spanOf).filter((span) => span !== null)

/**
 * Intervals of which late data is known that some rollup lacks.
 * @param {Plan} plan
 * @returns {Span[]}
 */
export function dirtySpans({ candidates }) {
  if (typeof candidates === 'number') return []
  const reasons = candidates.flatMap((candidate) => candidate.reasons).filter(({ code }) => code === 'DIRTY')
  return spansOf(reasons.map(({ interval }) => interval))
}

/**
 * Segments ascending in time, neighbours that look alike joined:
 *
 *     slices     | push topic_1m          | raw       |
 *     dirty            | d |                              (only where raw had to answer for it)
 *     complete   ─────────────────────────────▸
 *     segments   | push | raw dirty | push | raw | raw provisional |
 *
 * @param {Plan} plan
 * @param {string} completeThrough ISO time
 * @returns {Segment[]}
 */
export function segmentsOf(plan, completeThrough) {
  const complete = Date.parse(completeThrough)
  const [dirty, stale] = [dirtySpans(plan), spansOf(plan.stale)]
  const edges = [...dirty, ...stale].flatMap(({ start, end }) => [start, end])
  const cuts = Number.isFinite(complete) ? [...edges, complete] : edges
  const pieces = plan.slices.flatMap((slice) => piecesOf(slice, cuts))
  const missing = spansOf(plan.missing).map((span) => ({
    ...span,
    source: 'missing',
    rollup: null,
    grain: '',
    raw: null,
  }))
  const segments = [...pieces, ...missing]
    .sort((a, b) => a.start - b.start)
    .map(({ raw, ...piece }) => ({
      ...piece,
      provisional: piece.start >= complete,
      dirty: piece.rollup === null && piece.source !== 'missing' && inside(piece, dirty),
      stale: inside(piece, stale),
      rawLeast: raw,
      rawMost: raw,
    }))
  return joined(segments)
}

/**
 * @param {Slice} slice
 * @param {readonly number[]} cuts
 */
function piecesOf({ interval, source, rollup, grain, raw }, cuts) {
  const span = spanOf(interval)
  if (span === null) return []
  const within = cuts.filter((cut) => cut > span.start && cut < span.end)
  const edges = [...new Set([span.start, ...within, span.end])].sort((a, b) => a - b)
  return edges.slice(1).map((end, i) => ({ start: edges[i], end, source, rollup, grain, raw }))
}

/**
 * @param {Span} piece
 * @param {readonly Span[]} spans
 */
const inside = (piece, spans) => spans.some(({ start, end }) => start <= piece.start && piece.end <= end)

/** @param {readonly Segment[]} segments */
function joined(segments) {
  /** @type {Segment[]} */
  const out = []
  for (const segment of segments) {
    const last = out.at(-1)
    if (last === undefined || last.end < segment.start || lookOf(last) !== lookOf(segment)) out.push({ ...segment })
    else {
      last.end = Math.max(last.end, segment.end)
      last.rawLeast = least(last.rawLeast, segment.rawLeast, Math.min)
      last.rawMost = least(last.rawMost, segment.rawMost, Math.max)
    }
  }
  return out
}

/** @param {Segment} segment */
const lookOf = ({ source, rollup, provisional, dirty, stale }) =>
  JSON.stringify([source, rollup, provisional, dirty, stale])

/**
 * @param {number | null} a
 * @param {number | null} b
 * @param {(a: number, b: number) => number} choose
 */
const least = (a, b, choose) => (a === null ? b : b === null ? a : choose(a, b))

/**
 * What the ribbon is made of, greatest first: who served which part of the time.
 * @param {readonly Segment[]} segments
 * @returns {{ source: string, rollup: string | null, share: number }[]}
 */
export function sharesOf(segments) {
  const total = segments.reduce((sum, { start, end }) => sum + end - start, 0)
  const byPlace = Map.groupBy(segments, ({ source, rollup }) => JSON.stringify([source, rollup]))
  return [...byPlace.values()]
    .map((group) => ({
      source: group[0].source,
      rollup: group[0].rollup,
      share: group.reduce((sum, { start, end }) => sum + end - start, 0) / total,
    }))
    .sort((a, b) => b.share - a.share)
}

/**
 * Rollups have cool colours by their place in the catalog, so that one keeps its colour; raw is warm.
 * @param {{ source: string, rollup: string | null }} place
 * @param {readonly string[]} rollupIds
 */
export function colourOf({ source, rollup }, rollupIds) {
  if (source === 'missing') return 'missing'
  if (rollup === null) return 'raw'
  return `push-${Math.max(0, rollupIds.indexOf(rollup)) % 4}`
}

/** @param {{ source: string, rollup: string | null }} place */
export function placeText({ source, rollup }) {
  if (source === 'missing') return 'nobody'
  return rollup === null ? `raw (${source})` : rollup.slice(rollup.indexOf('/') + 1)
}
