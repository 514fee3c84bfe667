import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { KeptRenderings, type Rendered } from '../../../src/api/export/kept-renderings.ts'

const MIB = 1024 * 1024

/** Renders `bytes` bytes, and counts how often. */
function renderer(bytes: number) {
  const made = { times: 0 }
  const rendered = (): Rendered => ({
    pieces() {
      made.times++
      return [Buffer.alloc(bytes / 2, 'a'), Buffer.alloc(bytes / 2, 'b')]
    },
    samples: () => 7,
  })
  return { made, rendered }
}

test('what is asked again is kept, the least recently asked leaving first', async () => {
  const kept = new KeptRenderings(4 * MIB)
  const { made, rendered } = renderer(MIB)
  for (const key of ['a', 'b', 'c']) await kept.of(key, rendered)
  await kept.of('a', rendered)
  assert.equal(made.times, 3)
  await kept.of('d', rendered)
  assert.ok(kept.bytes <= 4 * MIB)
  await kept.of('a', rendered)
  assert.equal(made.times, 4, 'a was asked lately')
  await kept.of('b', rendered)
  assert.equal(made.times, 5, 'b had to go')
})

test('one that is longer than a quarter is not kept, and remembered as such', async () => {
  const kept = new KeptRenderings(4 * MIB)
  const { made, rendered } = renderer(2 * MIB)
  assert.equal((await kept.of('a', rendered)).kind, 'large')
  assert.equal((await kept.of('a', rendered)).kind, 'large')
  assert.equal(made.times, 1)
  assert.ok(kept.bytes < 10_000)
})

test('compressed once, and counted', async () => {
  const kept = new KeptRenderings(4 * MIB)
  const { rendered } = renderer(MIB)
  await kept.of('a', rendered)
  const before = kept.bytes
  const [one, two] = await Promise.all([kept.zipped('a', rendered), kept.zipped('a', rendered)])
  assert.equal(one, two)
  assert.equal(gunzipSync(one!).length, MIB)
  assert.equal(kept.bytes, before + one!.length)
})

test('a rendering that fails is not kept, and does not keep others from theirs', async () => {
  const kept = new KeptRenderings(4 * MIB)
  const failing = (): Rendered => ({
    pieces() {
      throw new Error('the table fell over')
    },
    samples: () => 0,
  })
  const { rendered } = renderer(MIB)
  const both = await Promise.allSettled([kept.of('a', failing), kept.of('b', rendered)])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
  assert.equal((await kept.of('a', rendered)).kind, 'whole')
})
