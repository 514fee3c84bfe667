// A store on a disk that fills up: the parent bounds the size of every file. Appends until commits have failed a few
// times, then prints what was acknowledged and how it ended.
// usage: node full-disk-child.ts <file> <bytes of the log of changes>
import { LanewayError } from '../../../src/model/errors.ts'
import { openDuckDb } from '../../../src/sources/duckdb/open.ts'
import { measureOf, NOW, never, optionsFor, point, scanOf } from './duckdb-fixture.ts'

const [path = '', walBytesMax = ''] = process.argv.slice(2)
const FAILURES = 3
const COMMITS_MAX = 400
const POINTS = 2_000

const store = await openDuckDb(optionsFor(path, { walBytesMax: Number(walBytesMax) }))
const codes: string[] = []
let acknowledged = 0
let value = 1
for (let commit = 0; commit < COMMITS_MAX && codes.length < FAILURES; commit++) {
  const points = Array.from({ length: POINTS }, (_, i) => {
    value = (value * 48_271) % 2_147_483_647
    return point(value, { labels: { topic: `t${i % 10}` }, at: commit % 60, readAfterMs: value % 60_000 })
  })
  try {
    await store.writer.append({ points, arrivedMs: NOW }, { readings: [], identities: [] }, [])
    acknowledged += POINTS
  } catch (error) {
    codes.push(error instanceof LanewayError ? error.code : String(error))
  }
}
const { rowsRead } = await store.source.run(scanOf('states', { measures: [measureOf()] }), never)
const stats = store.stats()
const health = store.health.status().state
await store.close()
console.log(JSON.stringify({ codes, acknowledged, rowsRead, counted: stats.points, seq: stats.seq, health }))
