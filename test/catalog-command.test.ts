import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'laneway-catalog-command-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function laneway(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['src/cli.ts', ...args], { encoding: 'utf8' })
}

test('the shipped catalog is checked and summed up, for people and as JSON', () => {
  const plain = laneway('catalog', 'check')
  assert.equal(plain.status, 0, plain.stderr)
  assert.match(plain.stdout, /^cloud: \d+ metrics, \d+ rollups$/m)
  assert.match(plain.stdout, /^topic_1m +PT1M +metric\.topic resource\.kafka\.id +\d+ +[0-9a-f]{16}$/m)
  const [cloud] = JSON.parse(laneway('catalog', 'check', '--json').stdout)
  assert.equal(cloud.dataset, 'cloud')
  assert.deepEqual(cloud.rollups.find(({ rollup }: { rollup: string }) => rollup === 'topic_1m').labels, [
    'metric.topic',
    'resource.kafka.id',
  ])
})

test('every error of every file is printed with file, line and key, and the exit code is 2', () => {
  const [a, b] = [join(folder, 'a.yaml'), join(folder, 'b.yaml')]
  writeFileSync(a, 'dataset: a\nstep: PT2M\nlateness: never\n')
  writeFileSync(b, 'dataset: b\nmetrics:\n  m: { type: COUNTER }\n')
  const { status, stderr } = laneway('catalog', 'check', '--catalog', a, '--catalog', b)
  assert.equal(status, 2)
  for (const where of [`${a}:2: step:`, `${a}:3: lateness:`, `${b}:3: metrics.m.type:`]) {
    assert.ok(stderr.includes(`CATALOG_INVALID: ${where}`), `${where} in ${stderr}`)
  }
})

test('a place that only other parts serve is said to be unused', () => {
  const path = join(folder, 'c.yaml')
  writeFileSync(
    path,
    'dataset: c\nmetrics: { m: { type: COUNTER_INT64 } }\n' +
      'rollups: { r: { grain: PT1M, labels: [], measures: [m], keep: { druid: P1Y } } }\n',
  )
  assert.match(laneway('catalog', 'check', '--catalog', path).stdout, /keep\.druid is accepted and not used/)
})

test('another word than check is refused with the usage', () => {
  const { status, stderr } = laneway('catalog', 'chekc')
  assert.equal(status, 2)
  assert.match(stderr, /catalog chekc: the one thing it does is check\n {2}laneway catalog check/)
})
