import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthPart, PartStatus } from '../../src/ports/health.ts'
import { errorsIn, openApi } from './api-world.ts'

interface Hand {
  ready: boolean
  state: PartStatus['state']
}

function part(name: string, gate: boolean, hand: Hand): HealthPart {
  return {
    name,
    gate,
    ready: () => hand.ready,
    status: () => ({ state: hand.state, detail: `${name} says so`, facts: { rows: 3, path: null } }),
  }
}

const get = async (world: Awaited<ReturnType<typeof openApi>>, url: string) =>
  await world.app.inject({ method: 'GET', url })

test('ready waits for every gate part and for no other', async () => {
  const push: Hand = { ready: false, state: 'ok' }
  const log: Hand = { ready: false, state: 'ok' }
  const store: Hand = { ready: false, state: 'down' }
  const world = await openApi({
    health: [part('push', true, push), part('log', true, log), part('store', false, store)],
  })
  const both = await get(world, '/health/ready')
  assert.deepEqual([both.statusCode, both.headers['retry-after']], [503, '1'])
  assert.match(errorsIn(both.body)[0]!.detail, /push \(push says so\), log \(log says so\)/)
  push.ready = true
  const one = await get(world, '/health/ready')
  assert.equal(one.statusCode, 503)
  assert.doesNotMatch(one.body, /push/)
  log.ready = true
  assert.deepEqual([(await get(world, '/health/ready')).json()], [{ status: 'ready' }])
  push.ready = false
  assert.equal((await get(world, '/health/ready')).statusCode, 503)
})

test('live is live whatever the parts say', async () => {
  const world = await openApi({ health: [part('push', true, { ready: false, state: 'down' })] })
  assert.deepEqual((await get(world, '/health/live')).json(), { status: 'ok' })
})

test('parts say each how they are, and the worst of them', async () => {
  const hands: Hand[] = [
    { ready: true, state: 'ok' },
    { ready: false, state: 'degraded' },
  ]
  const world = await openApi({ health: hands.map((hand, i) => part(`p${i}`, i === 0, hand)) })
  assert.deepEqual((await get(world, '/health/parts')).json(), {
    state: 'degraded',
    parts: [
      { name: 'p0', gate: true, ready: true, state: 'ok', detail: 'p0 says so', facts: { rows: 3, path: null } },
      {
        name: 'p1',
        gate: false,
        ready: false,
        state: 'degraded',
        detail: 'p1 says so',
        facts: { rows: 3, path: null },
      },
    ],
  })
  hands[0]!.state = 'down'
  assert.equal((await get(world, '/health/parts')).json().state, 'down')
  assert.equal((await get(await openApi(), '/health/parts')).json().state, 'ok')
})

test('own metrics are sent as their registry renders them', async () => {
  const response = await get(await openApi(), '/metrics')
  assert.deepEqual([response.body, response.headers['content-type']], ['laneway_up 1\n', 'text/plain; version=0.0.4'])
})
