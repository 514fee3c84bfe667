import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { type Laneway, openLaneway } from '../../src/main.ts'
import { handClock } from '../hand-clock.ts'
import { HALVES, halvesRequest, unequalBuckets, writeHalvesCatalog } from './halves.ts'

const T0 = Date.parse('2026-11-21T10:00:00Z')
const MINUTE = 60_000

/** A data folder that a Laneway filled and closed: `open` opens it again. */
async function filledFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-folder-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const clock = handClock(T0)
  const flags = { 'data.path': data, 'catalog.paths': [writeHalvesCatalog(folder)], 'log.level': 'silent' }
  const open = async (): Promise<Laneway> => {
    const laneway = await openLaneway(loadConfig({ environment: {}, flags }).config, { clock })
    await laneway.idle()
    return laneway
  }
  const first = await open()
  for (let minute = 0; minute < 10; minute++) {
    clock.set(T0 + minute * MINUTE + 30_000)
    const timeMs = clock() - 10_000
    const batch = { metric: 'orders', temporality: 1, topics: 5, startMs: timeMs - 1, timeMs, value: 7 } as const
    await first.intake.accept(Buffer.from(halvesRequest(batch)), 'application/json')
  }
  clock.set(T0 + 20 * MINUTE)
  await first.idle()
  await first.close()
  return { data, open }
}

async function pushedTotals(laneway: Laneway): Promise<number> {
  const payload = {
    aggregations: [{ metric: 'orders' }],
    group_by: ['metric.half'],
    granularity: 'PT1M',
    intervals: ['2026-11-21T10:00:00Z/PT10M'],
    use: ['push'],
  }
  const { statusCode, body } = await laneway.app.inject({
    method: 'POST',
    url: `/v2/metrics/${HALVES}/query`,
    payload,
  })
  assert.equal(statusCode, 200, body)
  const { data } = JSON.parse(body)
  assert.deepEqual(unequalBuckets(data), [])
  return data.reduce((sum: number, { value }: { value: number }) => sum + value, 0)
}

const TOTAL = 10 * 2 * 5 * 7

test('a closed folder opens again with everything pushed', async (t) => {
  const { open } = await filledFolder(t)
  const laneway = await open()
  assert.equal(await pushedTotals(laneway), TOTAL)
  await laneway.close()
})

test('a damaged or missing snapshot is said and rebuilt from the log', async (t) => {
  const { data, open } = await filledFolder(t)
  const path = join(data, 'push.snapshot')
  const bytes = readFileSync(path)
  const flipped = Uint8Array.from(bytes)
  flipped[Math.floor(bytes.length / 2)]! ^= 0xff
  for (const damaged of [flipped, bytes.subarray(0, bytes.length / 3), Buffer.from('no snapshot')]) {
    writeFileSync(path, damaged)
    const laneway = await open()
    assert.equal(await pushedTotals(laneway), TOTAL)
    await laneway.close()
  }
  rmSync(path)
  const laneway = await open()
  assert.equal(await pushedTotals(laneway), TOTAL)
  await laneway.close()
})

test('a second Laneway on the same folder is refused, the first goes on', async (t) => {
  const { open } = await filledFolder(t)
  const laneway = await open()
  await assert.rejects(open(), { code: 'DATA_FOLDER_LOCKED' })
  assert.equal(await pushedTotals(laneway), TOTAL)
  await laneway.close()
  await (await open()).close()
})

test('files that are no database are named, nothing is overwritten', async (t) => {
  const { data, open } = await filledFolder(t)
  for (const name of ['raw.duckdb', 'log.sqlite']) {
    const path = join(data, name)
    const good = readFileSync(path)
    writeFileSync(path, Buffer.alloc(good.length, 'x'))
    await assert.rejects(open(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'DATA_FOLDER_DAMAGED')
      assert.match(error.message, new RegExp(name.replace('.', '\\.')))
      return true
    })
    assert.equal(readFileSync(path, 'latin1')[0], 'x')
    writeFileSync(path, good)
  }
  const laneway = await open()
  assert.equal(await pushedTotals(laneway), TOTAL)
  await laneway.close()
})
