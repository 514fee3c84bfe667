import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainText } from '../../src/commands/explain-text.ts'
import type { Plan, PlanSlice } from '../../src/commands/plan-rows.ts'

const day = (from: string, to: string): string => `2026-11-21T${from}:00Z/2026-11-21T${to}:00Z`
const slice = (from: string, to: string, rollup: string | null, more: Partial<PlanSlice> = {}): PlanSlice => ({
  interval: day(from, to),
  source: rollup === null ? 'duckdb' : 'push',
  rollup,
  measures: ['SUM:kafka/received'],
  rowsEstimated: 10,
  ...more,
})

const PLAN: Plan = {
  catalogVersion: 4,
  exact: true,
  asOf: '2026-11-21T11:00:05Z',
  slices: [
    slice('09:00', '10:00', 'cloud/topic_1h'),
    slice('10:00', '10:30', 'cloud/topic_1m'),
    slice('10:30', '10:58', 'cloud/topic_1m', { rowsEstimated: 5.4 }),
    slice('10:58', '11:00', null),
  ],
  candidates: [
    { source: 'duckdb', rollup: null, chosen: true, reasons: [] },
    {
      source: 'push',
      rollup: 'cloud/cluster_1m',
      chosen: false,
      reasons: [
        { code: 'LABEL_MISSING', label: 'metric.topic', detail: '…' },
        { code: 'NO_COVERAGE', interval: day('10:58', '11:00'), detail: '…' },
      ],
    },
    {
      source: 'push',
      rollup: 'cloud/broker_topic_1m',
      chosen: false,
      reasons: [{ code: 'COST', detail: '8005 rows there against 3486 as planned' }],
    },
    {
      source: 'push',
      rollup: 'cloud/topic_1m',
      chosen: true,
      reasons: [{ code: 'NO_COVERAGE', interval: day('10:58', '11:00'), detail: '…' }],
    },
  ],
  missing: [],
  stale: [],
  hint: null,
}

test('a row for each place shows when it serves, and every reason who has it', () => {
  assert.equal(
    explainText(PLAN, { width: 67, ascii: false }),
    `
2026-11-21T09:00:00Z/2026-11-21T11:00:00Z, exact, catalog version 4, as of 2026-11-21T11:00:05Z

              09:00      09:30      10:00      10:30
              ┼──────────┼──────────┼──────────┼──────────
push topic_1h ██████████████████████                       ~10 rows
push topic_1m                       █████████████████████▒ ~15 rows
duckdb raw                                               █ ~10 rows

Why not:
  COST 8005 rows there against 3486 as planned
      broker_topic_1m
  LABEL_MISSING metric.topic
      cluster_1m
  NO_COVERAGE 10:58 to 11:00
      cluster_1m, topic_1m`.slice(1),
  )
})

test('plain characters draw the same', () => {
  const lines = explainText({ ...PLAN, candidates: 0 }, { width: 67, ascii: true }).split('\n')
  assert.deepEqual(lines.slice(2), [
    '              09:00      09:30      10:00      10:30',
    '              +----------+----------+----------+----------',
    'push topic_1h ######################                       ~10 rows',
    'push topic_1m                       #####################+ ~15 rows',
    'duckdb raw                                               # ~10 rows',
  ])
})

test('a short piece of a long time is still seen, faintly', () => {
  const plan = { ...PLAN, slices: [slice('09:00', '10:59', 'cloud/topic_1m'), slice('10:59', '11:00', null)] }
  const raw = explainText(plan, { width: 60, ascii: true })
    .split('\n')
    .find((line) => line.startsWith('duckdb raw'))
  assert.match(raw!, /^duckdb raw +\+ ~10 rows$/)
})

test('after the question ran, rows that were read and the time they took stand there', () => {
  const slices = [slice('09:00', '11:00', 'cloud/topic_1m', { rowsRead: 57, ms: 1.26 })]
  assert.match(explainText({ ...PLAN, slices }, { width: 80, ascii: true }), /^push topic_1m #+ 57 rows, 1\.3 ms$/m)
})

test('measures that are served from different places have rows of their own', () => {
  const slices = [
    slice('09:00', '11:00', 'cloud/topic_1m'),
    slice('09:00', '11:00', null, { measures: ['MAX:kafka/retained'] }),
  ]
  const text = explainText({ ...PLAN, slices }, { width: 80, ascii: true })
  assert.match(text, /^push topic_1m received #+ ~10 rows$/m)
  assert.match(text, /^duckdb raw retained +#+ ~10 rows$/m)
})

test('time that nobody serves, and time that is stale, have rows too', () => {
  const plan = { ...PLAN, missing: [day('09:00', '10:00')], stale: [day('10:00', '11:00')] }
  const text = explainText(plan, { width: 60, ascii: true })
  assert.match(text, /^stale +\+?#+$/m)
  assert.match(text, /^missing +#+$/m)
})

test('long lists of candidates and hints are broken between words, within the width', () => {
  const candidates = Array.from({ length: 12 }, (_, i) => ({
    source: 'push',
    rollup: `cloud/rollup_number_${i}`,
    chosen: false,
    reasons: [{ code: 'LABEL_MISSING', label: 'metric.topic', detail: '…' }],
  }))
  const hint = 'keeping metric.topic in cluster_1h would have covered 100 % of the interval that was asked for'
  const text = explainText({ ...PLAN, asOf: null, candidates, hint }, { width: 72, ascii: false })
  for (const line of text.split('\n')) assert.ok(line.length <= 72, line)
  assert.match(text, /^ {6}rollup_number_0, rollup_number_1/m)
  assert.match(text, /^Hint: keeping metric\.topic/m)
  assert.match(text, /^ {6}[a-z].* asked for$/m)
})

test('an interval without a whole step draws nothing', () => {
  assert.match(explainText({ ...PLAN, slices: [] }, { width: 60, ascii: true }), /reads nothing/)
})

test('days are named where hours alone would repeat', () => {
  const plan = {
    ...PLAN,
    slices: [slice('09:00', '11:00', null, { interval: '2026-11-18T00:00:00Z/2026-11-21T00:00:00Z' })],
  }
  assert.match(explainText(plan, { width: 80, ascii: true }), /^ +11-18 00:00 +11-19 00:00/m)
})
