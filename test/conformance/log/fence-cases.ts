import assert from 'node:assert/strict'
import type { Case } from './case.ts'
import { contentOf, recordOf } from './log-under-test.ts'

export function fenceCases(check: Case): void {
  const fence = { id: 'tasks-0' }

  check('a writer appends again and again under the fence it claimed', async ({ log }) => {
    const { writer } = log
    for (const value of ['a', 'b', 'c']) await writer.append([recordOf('results', { value })], fence)
    assert.deepEqual(await contentOf(log, 'results'), ['a', 'b', 'c'])
  })

  check('a newer claim shuts the older writer out, and nothing of its batch is kept', async ({ log }) => {
    const [older, newer] = [log.writer, log.writer]
    await older.append([recordOf('results', { value: 'old' })], fence)
    await newer.append([recordOf('results', { value: 'new' })], fence)
    const late = [recordOf('results', { value: 'late' }), recordOf('state', { value: 'late' })]
    await assert.rejects(older.append(late, fence), {
      code: 'STORE_UNWRITABLE',
      message: /newer owner has claimed the fence "tasks-0"/,
    })
    assert.deepEqual(await contentOf(log, 'results'), ['old', 'new'])
    assert.deepEqual(await contentOf(log, 'state'), [])
  })

  check('a writer that was shut out stays out', async ({ log }) => {
    const [older, newer] = [log.writer, log.writer]
    await older.append([], fence)
    await newer.append([], fence)
    for (let i = 0; i < 3; i++)
      await assert.rejects(older.append([recordOf('results', {})], fence), { code: 'STORE_UNWRITABLE' })
    await newer.append([recordOf('results', { value: 'new' })], fence)
    assert.deepEqual(await contentOf(log, 'results'), ['new'])
  })

  check('an empty batch claims the fence', async ({ log }) => {
    const [older, newer] = [log.writer, log.writer]
    await older.append([recordOf('results', { value: 'old' })], fence)
    await newer.append([], fence)
    await assert.rejects(older.append([recordOf('results', {})], fence), { code: 'STORE_UNWRITABLE' })
  })

  check('of claims at the same time exactly one holds', async ({ log }) => {
    const writers = Array.from({ length: 5 }, () => log.writer)
    await Promise.all(writers.map((writer) => writer.append([], fence)))
    const results = await Promise.allSettled(writers.map((writer) => writer.append([recordOf('results', {})], fence)))
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  check('appends of one writer at the same time claim once', async ({ log }) => {
    const { writer } = log
    await Promise.all(['a', 'b', 'c'].map((value) => writer.append([recordOf('results', { value })], fence)))
    assert.deepEqual(await contentOf(log, 'results'), ['a', 'b', 'c'])
  })

  check('fences with other ids and appends without one are not disturbed', async ({ log }) => {
    const [older, newer] = [log.writer, log.writer]
    await older.append([], { id: 'tasks-1' })
    await newer.append([], fence)
    await older.append([recordOf('results', { value: 'other' })], { id: 'tasks-1' })
    await older.append([recordOf('results', { value: 'none' })])
    assert.deepEqual(await contentOf(log, 'results'), ['other', 'none'])
  })
}
