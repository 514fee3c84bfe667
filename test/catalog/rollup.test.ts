import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY_MS, HOUR_MS } from '../../src/model/granularity.ts'
import { datasetFrom, problemsOf } from './catalog-text.ts'

const HEAD = `
dataset: shop
metrics:
  orders: { type: COUNTER_INT64, labels: [metric.product, metric.till] }
  stock: { type: GAUGE_DOUBLE, unit: kg, missing: zero, labels: [metric.product] }
rollups:
`
const rollup = (written: string) => datasetFrom(`${HEAD}  r: ${written}`).rollups.get('r')!

test('labels and measures are sorted and measures take over what the metric says', () => {
  const version = rollup(
    '{ grain: PT1M, labels: [metric.product], measures: [stock, { metric: stock, space: MAX }, orders] }',
  )
  assert.deepEqual(version.labels, ['metric.product'])
  assert.deepEqual(version.measures, [
    { metric: 'stock', type: 'GAUGE_DOUBLE', unit: 'kg', space: 'MAX', missing: 'zero' },
    { metric: 'orders', type: 'COUNTER_INT64', unit: '1', space: 'SUM', missing: 'absent' },
    { metric: 'stock', type: 'GAUGE_DOUBLE', unit: 'kg', space: 'SUM', missing: 'zero' },
  ])
  assert.equal(version.id, 'shop/r')
  assert.equal(version.stepMs, 60_000)
  assert.equal(version.latenessMs, 90_000)
  assert.deepEqual(version.filter, { kind: 'true' })
  assert.match(version.defHash, /^[0-9a-f]{16}$/)
})

test('labels are in one order however they are written', () => {
  const there = rollup('{ grain: PT1M, labels: [metric.till, metric.product], measures: [orders] }')
  assert.deepEqual(there.labels, ['metric.product', 'metric.till'])
})

const KEEPS: readonly (readonly [string, number])[] = [
  ['PT1M', 2 * DAY_MS],
  ['PT30M', 2 * DAY_MS],
  ['PT1H', 30 * DAY_MS],
  ['P1D', 30 * DAY_MS],
  ['P1W', 84 * DAY_MS],
]
for (const [grain, expected] of KEEPS) {
  test(`${grain} is pushed for ${expected / HOUR_MS} hours when nobody says`, () => {
    assert.deepEqual(rollup(`{ grain: ${grain}, labels: [], measures: [orders] }`).keep, {
      pushMs: expected,
      druidMs: null,
    })
  })
}

test('keep is taken as written', () => {
  const { keep } = rollup('{ grain: PT1M, labels: [], measures: [orders], keep: { push: PT2H, druid: P2Y } }')
  assert.deepEqual(keep, { pushMs: 2 * HOUR_MS, druidMs: 730 * DAY_MS })
})

test('a filter of its own is canonical', () => {
  const filter = (written: string) =>
    rollup(`{ grain: PT1M, labels: [], measures: [orders], filter: ${written} }`).filter
  const twice =
    '{ op: AND, filters: [{ op: IN, field: metric.till, value: [b, a, b] }, { op: EQ, field: metric.product, value: x }] }'
  assert.deepEqual(filter(twice), {
    kind: 'and',
    filters: [
      { kind: 'eq', label: 'metric.product', value: 'x' },
      { kind: 'in', label: 'metric.till', values: ['a', 'b'] },
    ],
  })
  assert.deepEqual(filter('{ op: IN, field: metric.till, value: [a] }'), {
    kind: 'eq',
    label: 'metric.till',
    value: 'a',
  })
})

const WRONG: readonly (readonly [string, string, readonly string[]])[] = [
  ['nothing', '', ['r: null is not allowed; allowed: a map']],
  [
    'missing keys',
    '{ keep: {} }',
    [
      'r.grain: is missing; allowed: PT1M, PT5M, PT15M, PT30M, PT1H, PT4H, PT6H, PT12H, P1D, P1W, P1M',
      'r.labels: is missing; allowed: a list',
      'r.measures: is missing; allowed: a list',
    ],
  ],
  [
    'the grain ALL',
    '{ grain: ALL, labels: [], measures: [orders] }',
    ['r.grain: "ALL" is not allowed; allowed: PT1M, PT5M, PT15M, PT30M, PT1H, PT4H, PT6H, PT12H, P1D, P1W, P1M'],
  ],
  ['no measures', '{ grain: PT1M, labels: [], measures: [] }', ['r.measures: is empty; allowed: at least one metric']],
  [
    'measures that are none',
    '{ grain: PT1M, labels: [], measures: [7, { metric: orders, space: MEDIAN }, { metric: orders, agg: SUM }] }',
    [
      'r.measures[0]: 7 is not allowed; allowed: a map',
      'r.measures[1].space: "MEDIAN" is not allowed; allowed: SUM, MIN, MAX, AVG, COUNT',
      'r.measures[2].agg: is not a key here; allowed: metric, space',
    ],
  ],
  [
    'a metric that is not in the file',
    '{ grain: PT1M, labels: [], measures: [shop/orders] }',
    ['r.measures[0]: "shop/orders" is no metric of this file; allowed: orders, stock'],
  ],
  [
    'a measure twice',
    '{ grain: PT1M, labels: [], measures: [orders, { metric: orders, space: SUM }] }',
    ['r.measures[1]: SUM:orders stands there twice'],
  ],
  [
    'a label that a measure does not have',
    '{ grain: PT1M, labels: [metric.product, metric.till], measures: [orders, stock] }',
    ['r.labels[1]: metric.till is no label of its measure stock; allowed: metric.product'],
  ],
  [
    'a label twice',
    '{ grain: PT1M, labels: [metric.till, metric.till], measures: [orders] }',
    ['r.labels[1]: metric.till stands there twice'],
  ],
  [
    'a filter by a label that a measure does not have',
    '{ grain: PT1M, labels: [], measures: [stock], filter: { op: EQ, field: metric.till, value: a } }',
    ['r.filter: metric.till is no label of its measure stock; allowed: metric.product'],
  ],
  [
    'a filter that says OR',
    '{ grain: PT1M, labels: [], measures: [orders], filter: { op: OR, filters: [] } }',
    ['r.filter.op: is not allowed in a rollup; allowed: EQ, IN and AND of them'],
  ],
  [
    'a filter without values',
    '{ grain: PT1M, labels: [], measures: [orders], filter: { op: AND, filters: [{ op: IN, field: metric.till, value: [] }] } }',
    ['r.filter.filters[0].value: is empty; allowed: at least one value'],
  ],
  [
    'a filter on a number',
    '{ grain: PT1M, labels: [], measures: [orders], filter: { op: EQ, field: metric.till, value: 3 } }',
    ['r.filter.value: 3 is not allowed; allowed: a string (write it in quotes)'],
  ],
  [
    'less kept than a bucket',
    '{ grain: PT1H, labels: [], measures: [orders], keep: { push: PT59M } }',
    ['r.keep.push: is shorter than one bucket of PT1H; allowed: at least PT1H'],
  ],
  [
    'places that do not exist',
    '{ grain: PT1M, labels: [], measures: [orders], keep: { duckdb: P1D } }',
    ['r.keep.duckdb: is not a key here; allowed: push, druid'],
  ],
]
for (const [title, written, expected] of WRONG) {
  test(`a rollup with ${title}: the error names the key and what is allowed`, () => {
    assert.deepEqual(
      problemsOf(() => rollup(written)),
      expected.map((each) => `a.yaml:7: rollups.${each}`),
    )
  })
}

for (const name of ['auto_orders', 'Orders', '1m', 'by-topic']) {
  test(`${name} is no name of a rollup`, () => {
    const [problem] = problemsOf(() => datasetFrom(`${HEAD}  ${name}: { grain: PT1M, labels: [], measures: [orders] }`))
    assert.match(problem!, /is no name; allowed: a small letter, then .* not starting with auto_$/)
  })
}

test('a grain finer than the step, or cutting it, is refused', () => {
  const text = HEAD.replace('metrics:', 'step: PT30M\nmetrics:')
  const [problem] = problemsOf(() => datasetFrom(`${text}  r: { grain: PT15M, labels: [], measures: [orders] }`))
  assert.equal(
    problem,
    'a.yaml:8: rollups.r.grain: PT15M is not made of whole steps; allowed: multiples of the step of 1800 s',
  )
})

test('two rollups that say the same are refused, whatever they are called and however long they are kept', () => {
  const problems = problemsOf(() =>
    datasetFrom(`${HEAD}  a: { grain: PT1M, labels: [], measures: [orders, stock] }
  b: { grain: PT1M, labels: [], measures: [stock, orders], keep: { push: PT1H } }`),
  )
  assert.deepEqual(problems, ['a.yaml:8: rollups.b: says the same as rollups.a; allowed: once'])
})

test('a metric that has errors of its own is not called unknown', () => {
  const text = HEAD.replace('COUNTER_INT64', 'COUNTER')
  const problems = problemsOf(() => datasetFrom(`${text}  r: { grain: PT1M, labels: [], measures: [orders] }`))
  assert.equal(problems.length, 1)
  assert.match(problems[0]!, /metrics\.orders\.type/)
})

test('among many metrics the error names those with the same last part first', () => {
  const names = Array.from({ length: 20 }, (_, i) => `a.b${i}/x`)
  const metrics = [...names, 'server/orders'].map((name) => `  ${name}: { type: COUNTER_INT64 }`).join('\n')
  const [problem] = problemsOf(() =>
    datasetFrom(`dataset: shop\nmetrics:\n${metrics}\nrollups:\n  r: { grain: PT1M, labels: [], measures: [orders] }`),
  )
  assert.match(problem!, /is no metric of this file; allowed: server\/orders, a\.b0\/x, .*, and 13 more$/)
})
