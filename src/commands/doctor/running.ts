import { askJson, type Gateway, queryPath, RefusedError, UnreachableError } from '../gateway.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const SKEW_MS_WARN = 2000
const SKEW_MS_FAIL = 60_000
const LAG_MS_WARN = 60_000
/** How far behind the newest complete bucket may be beyond the step and lateness of its dataset. */
const BEHIND_MS_WARN = 5 * 60_000

interface Part {
  readonly name: string
  readonly state: 'ok' | 'degraded' | 'down'
  readonly detail: string
  readonly facts?: Readonly<Record<string, unknown>>
}

export interface Asked {
  readonly gateway: Gateway
  readonly clock: () => number
  /** Of the catalog at hand. */
  readonly datasets: readonly { readonly name: string; readonly stepMs: number; readonly latenessMs: number }[]
  /** Somebody named the gateway, so that none there is a failure. */
  readonly isNamed: boolean
}

/** What a running gateway says of itself, and what its answers show. */
export async function checkRunning(asked: Asked): Promise<Finding[]> {
  const { gateway, isNamed } = asked
  try {
    const skew = await checkClock(asked)
    return [skew, ...(await checkParts(asked)), ...(await checkFreshness(asked))]
  } catch (error) {
    if (!(error instanceof UnreachableError)) return [fail('gateway', (error as Error).message, 'correct --url')]
    if (isNamed) return [fail('gateway', error.message, 'start it, or correct --url')]
    return [ok('gateway', `none runs at ${gateway.url}`)]
  }
}

/** The gateway's Date has whole seconds: it lies up to one second before the moment it was written. */
async function checkClock({ gateway, clock }: Asked): Promise<Finding> {
  const before = clock()
  const response = await gateway.fetch('/health/live')
  await response.arrayBuffer()
  const after = clock()
  const said = Date.parse(response.headers.get('date') ?? '')
  if (!Number.isFinite(said))
    return warn('clock', `${gateway.url} tells no time`, 'look whether a Laneway answers there')
  const ahead = said > after ? said - after : 0
  const behind = said + 1000 < before ? before - said - 1000 : 0
  const detail = ahead > 0 ? `the gateway is ${seconds(ahead)} ahead` : `the gateway is ${seconds(behind)} behind`
  const fix = 'synchronise both clocks (NTP): `now` and settled buckets go by the gateway'
  const skew = Math.max(ahead, behind)
  if (skew >= SKEW_MS_FAIL) return fail('clock', detail, fix)
  if (skew >= SKEW_MS_WARN) return warn('clock', detail, fix)
  return ok('clock', 'the gateway has the time of this machine')
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

async function checkParts({ gateway }: Asked): Promise<Finding[]> {
  try {
    const { parts } = (await askJson(gateway, '/health/parts')) as { parts: readonly Part[] }
    return parts.map(findingOf)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    if (error.status !== 401 && error.status !== 403) return [fail('gateway', error.message, 'see its log')]
    return [warn('gateway', 'it tells its health only to a key with the role admin', 'set LANEWAY_KEY to one')]
  }
}

function findingOf({ name, state, detail, facts }: Part): Finding {
  const title = `gateway ${name}`
  const lagMs = Number(facts?.lagMs ?? 0)
  if (state === 'down') return fail(title, detail, 'see the log of the gateway')
  if (state === 'degraded') return warn(title, detail, 'see the log of the gateway; it may pass by itself')
  if (lagMs < LAG_MS_WARN) return ok(title, detail)
  return warn(title, `${detail} It lags ${seconds(lagMs)}.`, 'look at the load of the gateway')
}

/** The newest metric of each dataset that has any data: how far back its answers are complete. */
async function checkFreshness(asked: Asked): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const dataset of asked.datasets) {
    const finding = await freshnessOf(asked, dataset)
    if (finding) findings.push(finding)
  }
  return findings
}

async function freshnessOf({ gateway, clock }: Asked, { name, stepMs, latenessMs }: Asked['datasets'][number]) {
  const title = `fresh ${name}`
  try {
    const metric = await firstMetric(gateway, name)
    if (metric === null) return ok(title, 'no metric yet')
    const body = { aggregations: [{ metric }], granularity: 'ALL', intervals: ['PT15M/now'] }
    const { meta } = (await askJson(gateway, queryPath(name), body)) as { meta: { freshness: Freshness } }
    const { completeThrough, state } = meta.freshness
    const behindMs = clock() - Date.parse(completeThrough)
    const detail = `complete through ${completeThrough}, ${seconds(Math.max(0, behindMs))} ago (${state})`
    if (state !== 'stale' && behindMs <= stepMs + latenessMs + BEHIND_MS_WARN) return ok(title, detail)
    return warn(title, detail, 'look at parts push and rollup, and whether senders still send')
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return warn(title, error.message.split('\n')[0]!, 'set LANEWAY_KEY to a key with the role query')
  }
}

interface Freshness {
  readonly completeThrough: string
  readonly state: string
}

async function firstMetric(gateway: Gateway, dataset: string): Promise<string | null> {
  const path = `/v2/metrics/${encodeURIComponent(dataset)}/descriptors/metrics?page_size=1`
  const { data } = (await askJson(gateway, path)) as { data: readonly { name: string }[] }
  return data[0]?.name ?? null
}
