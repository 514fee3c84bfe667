import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fixedMs, type Granularity } from '../../src/model/granularity.ts'
import { parseInterval } from '../../src/model/interval-text.ts'
import { type PageCatalog, question } from './page-modules.ts'

const metric = (name: string, labels: readonly string[], type = 'COUNTER_INT64') => ({
  ...{ name, type, labels, unit: '1', description: '', from: null },
})
const catalog = (names: readonly string[], kept: readonly string[] = []): PageCatalog => ({
  version: 1,
  now: 0,
  datasets: [
    { name: 'empty', stepMs: 60_000, metrics: [], labels: [], rollups: [] },
    {
      name: 'shop',
      stepMs: 60_000,
      metrics: names.map((name) => metric(name, ['metric.country', 'resource.service.name'])),
      labels: [],
      rollups: kept.map((name) => ({
        id: `shop/${name}`,
        name,
        grain: 'PT1M',
        labels: ['metric.country'],
        measures: [`SUM:${name}`],
      })),
    },
  ],
})

test('the first picture shows a counter that is pushed, grouped by a label that its rollup keeps', () => {
  const picks = question.picksFor(catalog(['a', 'orders'], ['orders']), {})
  assert.deepEqual(picks, { dataset: 'shop', metric: 'orders', groupBy: 'metric.country', range: '1h' })
})

test('what was picked stays as long as the catalog has it', () => {
  const before = { dataset: 'shop', metric: 'a', groupBy: 'resource.service.name', range: '24h' }
  assert.deepEqual(question.picksFor(catalog(['a', 'b']), before), before)
  assert.deepEqual(question.picksFor(catalog(['b']), before), { ...before, metric: 'b' })
  const gone = { ...before, groupBy: 'metric.gone', range: 'gone' }
  assert.deepEqual(question.picksFor(catalog(['a']), gone), { ...before, groupBy: '', range: '1h' })
})

test('without any metric there is nothing to pick', () => {
  assert.equal(question.picksFor(catalog([]), {}), null)
})

test('every range is one that the gateway answers: whole buckets and no longer than the granularity allows', () => {
  const longest: Partial<Record<Granularity, number>> = { PT1M: 6, PT5M: 24, PT15M: 96, PT30M: 168 }
  const now = Date.parse('2026-11-21T13:59:59Z')
  for (const { id, interval, granularity, lengthMs } of question.RANGES) {
    const { start, end } = parseInterval(interval, now)
    const hours = (end - start) / 3_600_000
    assert.ok(
      hours <= (longest[granularity as Granularity] ?? Number.POSITIVE_INFINITY),
      `${id}: ${hours} h of ${granularity}`,
    )
    assert.ok(end - start >= lengthMs * 0.8, `${id} is as long as it says`)
    if (granularity !== 'PT1M')
      assert.equal(start % fixedMs(granularity as Granularity)!, 0, `${id} begins on a bucket`)
  }
})

test('groups are asked for by name, so that the greatest are drawn and not the first', () => {
  const picks = { dataset: 'shop', metric: 'orders', groupBy: 'metric.country', range: '1h' }
  const asked = question.questionOf(picks)
  assert.deepEqual(asked, {
    aggregations: [{ metric: 'orders' }],
    group_by: ['metric.country'],
    limit: 8,
    granularity: 'PT1M',
    intervals: ['PT1H/now'],
  })
  assert.deepEqual(question.onlyGroups(asked, 'metric.country', ['FR', 'DE']).filter, {
    field: 'metric.country',
    op: 'IN',
    value: ['FR', 'DE'],
  })
  assert.equal(question.onlyGroups(asked, 'metric.country', ['FR', null]), asked, 'IN cannot ask for an absent label')
  assert.equal(question.onlyGroups(asked, 'metric.country', []), asked)
})

test('the question as curl works as copied, whatever stands in it', () => {
  const body = { aggregations: [{ metric: 'it\'s $HOME `x` \\ "q"' }], intervals: ['PT1H/now'] }
  const text = question.curlText('http://127.0.0.1:8080', 'shop', body)
  const print = `curl() { printf '%s\\n' "$@"; }; ${text}`
  const words = execFileSync('sh', ['-c', print], { encoding: 'utf8' }).trimEnd().split('\n')
  assert.deepEqual(words.slice(0, 5), [
    ...['-s', 'http://127.0.0.1:8080/v2/metrics/shop/query', '-H', 'content-type: application/json', '-d'],
  ])
  assert.deepEqual(JSON.parse(words.slice(5).join('\n')), body)
})
