/** The page's side of HTTP: same origin, JSON, failures as the API words them. */

/**
 * @typedef {{ code: string, detail: string, hint?: string }} Problem
 * @typedef {{ completeThrough: string, asOf: string, state: 'complete' | 'provisional' | 'stale', sources: string[] }} Freshness
 * @typedef {{ data: import('./chart-data.js').Row[], result: string | null, meta: { plan: import('./ribbon.js').Plan &
 *   { hint: string | null }, freshness: Freshness, truncated: boolean, groupsTotal: number } }} Answer
 */

/** What the API refused, shed or failed at; `problems` holds its own words. */
export class ApiFailure extends Error {
  /** @param {readonly Problem[]} problems */
  constructor(problems) {
    super(problems.map(({ detail }) => detail).join(' '))
    this.problems = problems
  }
}

const unreachable = {
  code: 'UNREACHABLE',
  detail: 'The gateway does not answer.',
  hint: 'Is it still running? The page tries again by itself.',
}

/**
 * @param {string} path
 * @param {RequestInit} options
 */
async function request(path, options) {
  const response = await fetch(path, { ...options, cache: 'no-store' }).catch((error) => {
    if (error.name === 'AbortError') throw error
    throw new ApiFailure([unreachable])
  })
  const text = await response.text()
  if (!response.ok) throw new ApiFailure(problemsOf(response, text))
  return { text, result: response.headers.get('x-laneway-result') }
}

/**
 * @param {Response} response
 * @param {string} text
 * @returns {Problem[]}
 */
function problemsOf(response, text) {
  try {
    const { errors, message } = JSON.parse(text)
    if (Array.isArray(errors) && errors.length > 0) return errors
    if (typeof message === 'string') return [{ code: String(response.status), detail: message }]
  } catch {
    // Not JSON: something between us and the gateway answered.
  }
  return [{ code: String(response.status), detail: text.slice(0, 300) || response.statusText }]
}

/** @param {unknown} body */
const posted = (body) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** @returns {Promise<import('./question.js').Catalog>} */
export const fetchCatalog = async () => JSON.parse((await request('/console/catalog.json', {})).text)

/**
 * The answer, with what the header says of it.
 * @param {string} dataset
 * @param {unknown} question
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function ask(dataset, question, signal) {
  const path = `/v2/metrics/${encodeURIComponent(dataset)}/query`
  const { text, result } = await request(path, { ...posted(question), signal })
  return { ...JSON.parse(text), result }
}

/**
 * Sends OTLP; a rejected point is a failure here, for there is only one.
 * @param {unknown} body
 * @param {AbortSignal} signal
 */
export async function sendPoint(body, signal) {
  const { text } = await request('/v1/metrics', { ...posted(body), signal })
  const { partialSuccess } = JSON.parse(text || '{}')
  if (Number(partialSuccess?.rejectedDataPoints ?? 0) > 0) {
    throw new ApiFailure([{ code: 'REJECTED', detail: partialSuccess.errorMessage }])
  }
}
