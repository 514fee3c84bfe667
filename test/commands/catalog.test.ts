import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { laneway } from './told.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-catalog-command-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function file(text: string): string {
  const path = join(folder, `${++files}.yaml`)
  writeFileSync(path, text)
  return path
}

test('the shipped catalog is checked and summed up, for people and as JSON', async () => {
  const plain = await laneway(['catalog', 'check'])
  assert.equal(plain.code, 0, plain.err)
  assert.match(plain.out, /^cloud: \d+ metrics, \d+ rollups$/m)
  assert.match(plain.out, /^topic_1m +PT1M +metric\.topic resource\.kafka\.id +\d+ +[0-9a-f]{16}$/m)
  const [cloud] = JSON.parse((await laneway(['catalog', 'check', '--json'])).out)
  assert.equal(cloud.dataset, 'cloud')
  assert.deepEqual(cloud.rollups.find(({ rollup }: { rollup: string }) => rollup === 'topic_1m').labels, [
    'metric.topic',
    'resource.kafka.id',
  ])
})

test('every error of every file is printed with file, line and key, and the exit code is 2', async () => {
  const a = file('dataset: a\nstep: PT2M\nlateness: never\n')
  const b = file('dataset: b\nmetrics:\n  m: { type: COUNTER }\n')
  for (const args of [
    ['--catalog', a, '--catalog', b],
    [a, b],
  ]) {
    const { code, err } = await laneway(['catalog', 'check', ...args])
    assert.equal(code, 2)
    for (const where of [`${a}:2: step:`, `${a}:3: lateness:`, `${b}:3: metrics.m.type:`]) {
      assert.ok(err.includes(`CATALOG_INVALID: ${where}`), `${where} in ${err}`)
    }
  }
})

test('a place that only other parts serve is said to be unused', async () => {
  const path = file(
    'dataset: c\nmetrics: { m: { type: COUNTER_INT64 } }\n' +
      'rollups: { r: { grain: PT1M, labels: [], measures: [m], keep: { druid: P1Y } } }\n',
  )
  assert.match((await laneway(['catalog', 'check', path])).out, /keep\.druid is accepted and not used/)
})

test('another word than check and diff is refused with the usage', async () => {
  const { code, err } = await laneway(['catalog', 'chekc'])
  assert.equal(code, 2)
  assert.match(err, /catalog chekc: the things it does are check and diff\n {2}laneway catalog check/)
})

const OLD = `
dataset: shop
retention: { raw: P7D }
metrics:
  orders: { type: COUNTER_INT64, labels: [metric.country, metric.city] }
  stock: { type: GAUGE_INT64, labels: [metric.city] }
rollups:
  country_1h: { grain: PT1H, labels: [metric.country], measures: [orders], keep: { push: P30D } }
  city_1m: { grain: PT1M, labels: [metric.city], measures: [orders], keep: { push: P2D } }
  all_1m: { grain: PT1M, labels: [], measures: [orders], keep: { push: P2D } }
`

/** `kind what name` and the effect of each change. */
async function changes(old: string, next: string): Promise<string[]> {
  const { out } = await laneway(['catalog', 'diff', file(old), file(next), '--json'])
  const said = JSON.parse(out) as { kind: string; what: string; name: string; effect: string | null }[]
  return said.map(({ kind, what, name, effect }) => `${what} ${name} ${kind}${effect === null ? '' : `: ${effect}`}`)
}

const edited = (from: string, to: string): string => {
  assert.ok(OLD.includes(from), from)
  return OLD.replace(from, to)
}

test('order, comments and spacing are no difference, and the exit code is 0', async () => {
  const [head, rollups] = OLD.split('rollups:\n') as [string, string]
  const turned = `# the same\n${head}rollups:\n${rollups.trimEnd().split('\n').reverse().join('\n')}\n`
  assert.deepEqual(await laneway(['catalog', 'diff', file(OLD), file(turned)]), {
    code: 0,
    out: 'no difference\n',
    err: '',
  })
})

test('a rollup that says something else is a new version that begins empty; what raw cannot fill is lost', async () => {
  assert.deepEqual(await changes(OLD, edited('grain: PT1H, labels: [metric.country]', 'grain: PT1H, labels: []')), [
    'rollup country_1h new version: begins empty and is filled from raw, which is kept P7D; until then raw answers; ' +
      'what the old version holds beyond raw, up to P30D back, is lost',
  ])
  assert.deepEqual(
    await changes(OLD, edited('grain: PT1M, labels: [metric.city]', 'grain: PT5M, labels: [metric.city]')),
    ['rollup city_1m new version: begins empty and is filled from raw, which is kept P7D; until then raw answers'],
  )
})

test('another name alone, or a longer stay, keeps the version and loses nothing', async () => {
  assert.deepEqual(await changes(OLD, edited('city_1m:', 'town_1m:')), ['rollup town_1m renamed'])
  assert.deepEqual(
    await changes(OLD, edited('measures: [orders], keep: { push: P30D }', 'measures: [orders], keep: { push: P60D }')),
    ['rollup country_1h changed'],
  )
  assert.deepEqual(
    await changes(OLD, edited('measures: [orders], keep: { push: P30D }', 'measures: [orders], keep: { push: P1D }')),
    ['rollup country_1h changed: windows older than P1D are dropped'],
  )
})

test('rollups, metrics and datasets that come and go are named with what it does', async () => {
  const without = OLD.split('\n')
    .filter((line) => !line.includes('country_1h'))
    .join('\n')
  assert.deepEqual(await changes(OLD, without), [
    'rollup country_1h removed: what the old version holds beyond raw, up to P30D back, is lost',
  ])
  assert.deepEqual(await changes(without, OLD), [
    'rollup country_1h added: begins empty and is filled from raw, which is kept P7D; until then raw answers',
  ])
  assert.deepEqual(await changes(OLD, edited('  stock:', '  shelf:')), ['metric shelf added', 'metric stock removed'])
  assert.deepEqual(
    (await changes(OLD, edited('dataset: shop', 'dataset: store'))).map((each) => each.split(':')[0]),
    ['dataset shop removed', 'dataset store added'],
  )
})

test('a changed type of a metric shows at the metric and at every rollup that stores it', async () => {
  const { code, out } = await laneway([
    'catalog',
    'diff',
    file(OLD),
    file(edited('type: COUNTER_INT64', 'type: COUNTER_DOUBLE')),
  ])
  assert.equal(code, 3)
  assert.match(out, /^shop\n {2}~ metric orders changed\n {6}type: COUNTER_INT64 ▸ COUNTER_DOUBLE\n/)
  for (const rollup of ['all_1m', 'city_1m', 'country_1h']) {
    assert.match(out, new RegExp(`^ {2}\\* rollup ${rollup} new version [0-9a-f]{16} ▸ [0-9a-f]{16}$`, 'm'))
  }
  assert.match(out, /^1 × metric changed, 3 × rollup new version$/m)
})

test('two paths are needed, and a catalog with errors is no catalog to compare', async () => {
  assert.equal((await laneway(['catalog', 'diff', file(OLD)])).code, 2)
  const { code, err } = await laneway(['catalog', 'diff', file(OLD), file('dataset: a\nstep: PT2M\n')])
  assert.equal(code, 2)
  assert.match(err, /CATALOG_INVALID/)
})
