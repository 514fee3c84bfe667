import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CHANNELS } from '../../../../src/model/channels.ts'
import { boundsOf, contentOf, numbered, recordOf } from '../../../conformance/log/log-under-test.ts'
import { type LogFolder, logFolder } from './log-folder.ts'

test('what a kill leaves before a transaction ends has nothing of it, after it everything', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  await log.writer.append(numbered('results', 'kept', 3))
  const images = new Map<string, LogFolder>()
  const listen = (message: unknown) => images.set((message as { phase: string }).phase, folder.image())
  subscribe(CHANNELS.logAppend, listen)
  const batch = [...numbered('results', 'new', 2_000), recordOf('state', { value: 'new' })]
  const appending = log.writer.append(batch)
  for (let i = 0; i < 4; i++) await setImmediate()
  images.set('during', folder.image())
  await appending
  unsubscribe(CHANNELS.logAppend, listen)
  images.set('acknowledged', folder.image())
  await log.close()

  const expected = { before: [3, 0], during: [3, 0], after: [2_003, 1], acknowledged: [2_003, 1] }
  for (const [phase, [results, state]] of Object.entries(expected)) {
    const image = images.get(phase)!.open()
    assert.deepEqual([phase, await boundsOf(image, 'results')], [phase, [0, results]])
    assert.deepEqual([phase, await boundsOf(image, 'state')], [phase, [0, state]])
    await image.close()
  }
})

test('what a kill leaves during compaction has the newest record of every key', async (t) => {
  const folder = logFolder(t)
  const log = folder.open()
  for (let round = 0; round < 10; round++) {
    await log.writer.append(
      Array.from({ length: 200 }, (_, i) => recordOf('state', { key: `${i}`, value: `${round}.${i}` })),
    )
  }
  const images: LogFolder[] = []
  let isDone = false
  const maintaining = log.maintain(0).then(() => (isDone = true))
  while (!isDone) {
    images.push(folder.image())
    await setImmediate()
  }
  await maintaining
  await log.close()
  assert.ok(images.length > 5)
  for (const folderThen of images) {
    const image = folderThen.open()
    await image.maintain(0)
    assert.deepEqual(
      [...(await contentOf(image, 'state'))].sort(),
      Array.from({ length: 200 }, (_, i) => `9.${i}`).sort(),
    )
    await image.close()
  }
})

test('records, copies and offsets agree after kills at any moment, and nothing acknowledged is lost', async (t) => {
  const folder = logFolder(t)
  const script = fileURLToPath(new URL('writing-child.ts', import.meta.url))
  let acknowledged = -1
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [script, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'exit')
    let lines = 0
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('fed ')) acknowledged = Number(line.slice(4))
      if (++lines === 5 + round * 17) child.kill('SIGKILL')
    }
    await exit
    const log = folder.open()
    const events = await contentOf(log, 'events')
    const results = await contentOf(log, 'results')
    assert.deepEqual(
      events,
      Array.from({ length: events.length }, (_, i) => `${i}`),
    )
    assert.ok(events.length > acknowledged, `${acknowledged} was acknowledged, ${events.length} are there`)
    assert.deepEqual(results, events.slice(0, results.length), 'each record is copied once, in order')
    assert.deepEqual(await contentOf(log, 'state'), results)
    await log.close()
  }
})
