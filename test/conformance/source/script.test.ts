import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFilter } from './filter-script.ts'
import { parseScript, timeIn } from './script.ts'

test('a script reads as it is written', () => {
  const [scenario] = parseScript(`
    # a comment
    scenario one
      metric m GAUGE_INT64 missing=zero
      points m topic=a "metric.x y"="": 10:00:30.5=9007199254740993 10:01=-1
      ask AVG of SUM of m by topic where topic = a every PT5M over 10:00/10:05, 10:10/10:15 until 10:12 limit 1
        topic=-: 10:00=1.5~ 10:10=-
  `)
  assert.deepEqual(
    scenario?.commits[0]?.map(({ labels, readingMs, value }) => [labels, readingMs, value]),
    [
      [{ topic: 'a', 'metric.x y': '' }, timeIn('10:00') + 30_500, 9007199254740993n],
      [{ topic: 'a', 'metric.x y': '' }, timeIn('10:01'), -1],
    ],
  )
  const question = scenario?.questions[0]
  assert.deepEqual([question?.granularity, question?.limit, question?.untilMs], ['PT5M', 1, timeIn('10:12')])
  assert.deepEqual(question?.expected, [
    {
      group: [null],
      points: [
        { timestamp: timeIn('10:00'), values: [1.5], cut: true },
        { timestamp: timeIn('10:10'), values: [null], cut: false },
      ],
    },
  ])
})

test('NOT binds closer than AND, AND closer than OR', () => {
  const eq = (label: string) => ({ kind: 'eq', label, value: '1' }) as const
  assert.deepEqual(parseFilter('a = 1 or not b = 1 and c = 1'), {
    kind: 'or',
    filters: [eq('a'), { kind: 'and', filters: [{ kind: 'not', filter: eq('b') }, eq('c')] }],
  })
  assert.deepEqual(parseFilter('(x in ("a b", c)) and y >= ""'), {
    kind: 'and',
    filters: [
      { kind: 'in', label: 'x', values: ['a b', 'c'] },
      { kind: 'gte', label: 'y', value: '' },
    ],
  })
})

test('what a request calls NE, LT and LTE, and prefixes and patterns, have their signs', () => {
  const of = (op: 'eq' | 'gt' | 'gte') => ({ kind: op, label: 'a', value: '1' }) as const
  const kinds = (text: string) =>
    JSON.parse(JSON.stringify(parseFilter(text), (key, each) => (key === 'written' ? undefined : each)))
  assert.deepEqual(kinds('a != 1'), { kind: 'not', filter: of('eq') })
  assert.deepEqual(kinds('a<1'), { kind: 'not', filter: of('gte') })
  assert.deepEqual(kinds('a <= 1'), { kind: 'not', filter: of('gt') })
  assert.deepEqual(kinds('a prefix "x y"'), { kind: 'prefix', label: 'a', value: 'x y' })
  assert.deepEqual(kinds('a ~ "x|y.*"'), { kind: 'regex', label: 'a', pattern: 'x|y.*' })
})

for (const [why, text] of Object.entries({
  'a scenario begins with its title': 'metric m COUNTER_INT64',
  'not understood': 'scenario x\nexpect m',
  'is no metric of the scenario': 'scenario x\nask SUM of SUM of m over 10:00/10:01',
  'is none of': 'scenario x\nmetric m COUNTER',
  'is no time': 'scenario x\nmetric m COUNTER_INT64\npoints m: 25:00=1',
  'does not say': 'scenario x\nmetric m COUNTER_INT64\nask SUM of SUM of m by a over 10:00/10:01\nall: 10:00=1',
  'ends too early': 'scenario x\nmetric m COUNTER_INT64\nask SUM of SUM of m where a = over 10:00/10:01',
})) {
  test(`what is wrong in a script is said with its line: ${why}`, () => {
    assert.throws(
      () => parseScript(text),
      (error: Error) => /^line \d+: /.test(error.message) && error.message.includes(why),
    )
  })
}
