import type { Answer, PlanReport } from '../../planner/engine.ts'

type Headers = Readonly<Record<string, string>>

/** What happened, for people with curl and for proxies' logs. */
export function resultHeaders(answer: Answer, totalMs: number): Headers {
  const { freshness, lane, cost, timings } = answer
  const { sources, state, asOf } = freshness
  const stages = { ...timings, total: totalMs }
  return {
    'x-laneway-result': `sources=${sources.join(',')};${lane === null ? '' : ` lane=${lane};`} cost=${Math.round(cost)}; state=${state}; asOf=${asOf}`,
    'server-timing': Object.entries(stages)
      .map(([name, ms]) => `${name};dur=${Math.round(ms * 1000) / 1000}`)
      .join(', '),
  }
}

/** Of a question that was not run. */
export function planHeaders({ slices, asOf }: PlanReport): Headers {
  const sources = [...new Set(slices.map((slice) => slice.source))]
  const rows = slices.flatMap(({ rowsEstimated }) => rowsEstimated ?? [])
  const cost = rows.length < slices.length ? '' : ` cost=${Math.round(rows.reduce((sum, each) => sum + each, 0))};`
  const at = asOf === null ? '' : `; asOf=${asOf}`
  return { 'x-laneway-result': `sources=${sources.join(',')};${cost} state=planned${at}` }
}
