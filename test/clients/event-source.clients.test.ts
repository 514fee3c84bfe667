import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EventSource } from 'eventsource'
import { counter } from '../scenarios/limits-world.ts'
import { type Gateway, openGateway } from './gateway.ts'

// An EventSource, the class of browsers, reads a stream: snapshot, upserts, and on after it was cut off.

let gateway: Gateway
before(async () => {
  gateway = await openGateway({ 'watch.periodMsMin': 50 })
  await send(1)
})
after(() => gateway.close())

async function send(value: number): Promise<void> {
  await gateway.laneway.intake.accept(
    Buffer.from(JSON.stringify(counter('requests', [{ attributes: { route: '/a' }, value }]))),
    'application/json',
  )
}

const question = {
  aggregations: [{ metric: 'requests' }],
  granularity: 'ALL',
  intervals: ['PT1H/now+2m'],
  group_by: ['metric.route'],
}

interface Event {
  readonly name: string
  readonly id: string
  readonly data: { readonly revision: number; readonly data: readonly Readonly<Record<string, unknown>>[] }
}

/** Reads the named events of a stream one after another. */
function readerOf(source: EventSource): () => Promise<Event> {
  const waiting: Event[] = []
  let wake = () => {}
  for (const name of ['snapshot', 'upsert']) {
    source.addEventListener(name, ({ data, lastEventId }) => {
      waiting.push({ name, id: lastEventId, data: JSON.parse(data) })
      wake()
    })
  }
  return async () => {
    while (waiting.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return waiting.shift()!
  }
}

const streamUrl = (): string =>
  `${gateway.url}/v2/metrics/default/stream?query=${encodeURIComponent(JSON.stringify(question))}`

test('an EventSource gets a snapshot, then what changed', async () => {
  const source = new EventSource(streamUrl())
  try {
    const next = readerOf(source)
    const first = await next()
    assert.deepEqual([first.name, first.data.data[0]!.value], ['snapshot', 1])
    await send(41)
    const second = await next()
    assert.equal(second.name, 'upsert')
    assert.equal(second.data.data[0]!.value, 42)
    assert.ok(second.data.revision > first.data.revision)
    assert.notEqual(second.id, first.id)
  } finally {
    source.close()
  }
})

test('cut off, it comes back by itself and misses nothing', async () => {
  const source = new EventSource(streamUrl())
  try {
    const next = readerOf(source)
    const first = await next()
    const before = Number(first.data.data[0]!.value)
    gateway.laneway.app.server.closeAllConnections()
    await send(100)
    for (;;) {
      const { data } = await next()
      if (data.data[0]?.value === before + 100) return
    }
  } finally {
    source.close()
  }
})
