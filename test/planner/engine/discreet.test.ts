import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResultFrame } from '../../../src/model/frame.ts'
import { scopeOf, UNSCOPED } from '../../../src/model/scope.ts'
import type { PlanReport } from '../../../src/planner/contract.ts'
import { costTold, discreetPlan, laneTold } from '../../../src/planner/engine/discreet.ts'
import { question, span } from '../routing/routing-fixture.ts'

const held = {
  ...question(),
  scope: scopeOf('t', null, [{ label: 'topic', values: ['a'] }]),
  intervals: [span(10, 11)],
}
const frameOf = (points: number): ResultFrame => ({
  labels: [],
  series: [
    { group: [], points: Array.from({ length: points }, (_, i) => ({ timestamp: i, values: [1], cut: false })) },
  ],
  groupsTotal: 1,
  truncated: false,
})

test('a constrained caller is told who serves which time and why not others, and no number of rows', () => {
  const plan: PlanReport = {
    catalogVersion: 7,
    exact: true,
    asOf: null,
    slices: [
      {
        ...{ interval: 'i', source: 'push', rollup: 'cloud/r', defHash: 'h', grain: 'PT1M', measures: ['SUM:bytes'] },
        ...{ raw: 17, asOf: null, rowsEstimated: 60, rowsRead: 61, ms: 1 },
      },
    ],
    candidates: [
      {
        ...{ source: 'duckdb', rollup: null, defHash: null, chosen: false, measures: ['bytes'] },
        reasons: [
          { code: 'COST', detail: '600000 rows there against 60 as planned' },
          { code: 'LABEL_MISSING', label: 'topic', detail: 'grouped by topic, which cloud/r does not keep' },
        ],
      },
    ],
    missing: ['m'],
    stale: [],
    hint: 'keeping topic in cloud/r would have covered 90 %',
  }
  const told = discreetPlan(plan)
  assert.deepEqual(told.slices, [
    {
      ...{ interval: 'i', source: 'push', rollup: 'cloud/r', defHash: 'h', grain: 'PT1M', measures: ['SUM:bytes'] },
      ...{ raw: null, asOf: null },
    },
  ])
  assert.deepEqual([told.missing, told.hint, 'catalogVersion' in told], [['m'], null, false])
  const [candidate] = told.candidates as Exclude<PlanReport['candidates'], number>
  assert.doesNotMatch(candidate!.reasons[0]!.detail, /\d/)
  assert.match(candidate!.reasons[1]!.detail, /grouped by topic/)
  assert.equal(discreetPlan({ ...plan, candidates: 3 }).candidates, 3)
})

test('the price of a constrained caller is measures by base steps asked, or the values of its answer', () => {
  assert.deepEqual([costTold(held, 1e9, frameOf(5)), costTold(held, 0, frameOf(5))], [60, 60])
  assert.equal(costTold(held, 1e9, frameOf(500)), 500)
  assert.equal(costTold({ ...held, scope: UNSCOPED }, 1e9, frameOf(5)), 1e9)
})

test('its lane, which tells whether the dataset is large, is not told', () => {
  assert.deepEqual([laneTold(held, 'slow'), laneTold({ ...held, scope: UNSCOPED }, 'slow')], [null, 'slow'])
})
