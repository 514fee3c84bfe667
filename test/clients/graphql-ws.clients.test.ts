import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { counter } from '../scenarios/limits-world.ts'
import { type Gateway, openGateway } from './gateway.ts'

// The client library of graphql-transport-ws subscribes as a front end would.

let gateway: Gateway
before(async () => {
  gateway = await openGateway()
  await send(1)
})
after(() => gateway.close())

async function send(value: number): Promise<void> {
  await gateway.laneway.intake.accept(
    Buffer.from(JSON.stringify(counter('requests', [{ attributes: { route: '/a' }, value }]))),
    'application/json',
  )
}

const SUBSCRIPTION = `subscription ($input: TimeseriesInput!) {
  timeseries(dataset: "default", input: $input, periodMs: 100) {
    revision
    groups { labels { key value } points { value } }
  }
}`

const variables = {
  input: {
    aggregations: [{ metric: 'requests' }],
    granularity: 'ALL',
    intervals: ['PT1H/now+2m'],
    groupBy: ['metric.route'],
  },
}

interface Update {
  readonly revision: number
  readonly groups: readonly {
    readonly labels: readonly { readonly key: string; readonly value: string }[]
    readonly points: readonly { readonly value: number }[]
  }[]
}

test('a subscription of graphql-ws gets the answer, and again when new data came', async () => {
  const url = `${gateway.url.replace('http', 'ws')}/graphql`
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
  try {
    const updates = client.iterate<{ timeseries: Update }>({ query: SUBSCRIPTION, variables })
    const next = async (): Promise<Update> => {
      const { value } = await updates.next()
      assert.equal(value?.errors, undefined, JSON.stringify(value))
      return value!.data!.timeseries
    }
    const first = await next()
    assert.deepEqual(first, {
      revision: 1,
      groups: [{ labels: [{ key: 'metric.route', value: '/a' }], points: [{ value: 1 }] }],
    })
    await send(41)
    const second = await next()
    assert.ok(second.revision > first.revision)
    assert.equal(second.groups[0]!.points[0]!.value, 42)
    await updates.return?.()
  } finally {
    await client.dispose()
  }
})

test('a document that is wrong ends with the errors that HTTP answers', async () => {
  const url = `${gateway.url.replace('http', 'ws')}/graphql`
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
  const ended = new Promise((resolve) => {
    client.subscribe(
      { query: 'subscription { nothing }' },
      { next: resolve, error: resolve, complete: () => resolve(null) },
    )
  })
  const errors = (await ended) as readonly { readonly message: string }[]
  assert.match(errors[0]!.message, /nothing/)
  await client.dispose()
})
