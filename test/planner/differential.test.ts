import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogicalQuery } from '../../src/planner/logical/question.ts'
import { planRoute } from '../../src/planner/routing/plan-route.ts'
import type { Route } from '../../src/planner/routing/route.ts'
import { randomAsk } from './random-asks.ts'
import { randomWorld } from './random-world.ts'
import { checkAnswer, routingWorld } from './routed-answer.ts'
import { routeText } from './routing/route-text.ts'

const WORLDS = 30
const ASKS = 50
/** Printed with the shares; another one can be given to look for what these questions did not find. */
const seed = Number(process.env.LANEWAY_SEED ?? 1)

type Share = 'pushed' | 'mixed' | 'raw'

function shareOf({ slices }: Route): Share | null {
  const pushed = slices.filter(({ rollup }) => rollup).length
  if (slices.length === 0) return null
  return pushed === slices.length ? 'pushed' : pushed > 0 ? 'mixed' : 'raw'
}

function failure(error: unknown, question: LogicalQuery, route: Route | null, where: string): Error {
  const what = { ...question, intervals: question.intervals.map(({ start, end }) => [start, end]) }
  const text = route ? routeText(route, question) : 'no route'
  return new Error(`${where}: ${(error as Error).message}\n${JSON.stringify(what)}\n${text}`, { cause: error })
}

test('a routed answer is the raw answer, whatever the data, the catalog and the question', (t) => {
  const shares: Record<Share, number> = { pushed: 0, mixed: 0, raw: 0 }
  const seen = { asked: 0, apart: 0, missing: 0, stale: 0, workers: 0 }
  for (let i = 0; i < WORLDS; i++) {
    const world = randomWorld(seed * 1_000_003 + i)
    const view = routingWorld(world)
    for (let j = 0; j < ASKS; j++) {
      const question = randomAsk(world)
      let route: Route | null = null
      try {
        route = planRoute(question, view)
        checkAnswer(route, question, world)
      } catch (error) {
        throw failure(error, question, route, `seed ${seed}, world ${i}, question ${j}`)
      }
      const share = shareOf(route)
      if (share) shares[share]++
      seen.asked++
      if (route.slices.some(({ measures }) => measures.length < question.measures.length)) seen.apart++
      if (route.missing.length > 0) seen.missing++
      if (route.stale.length > 0) seen.stale++
      if (question.measures.some(({ time }) => time === 'EVERY')) seen.workers++
    }
  }
  t.diagnostic(`seed ${seed}: ${JSON.stringify({ ...seen, ...shares })}`)
  const least = { pushed: 0.1, mixed: 0.2, raw: 0.1 }
  for (const share of ['pushed', 'mixed', 'raw'] as const) {
    assert.ok(shares[share] >= least[share] * seen.asked, `too few questions were ${share} to prove anything`)
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count >= 10, `${what}: only ${count}`)
})
