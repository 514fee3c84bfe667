import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LanewayError } from '../../../src/model/errors.ts'
import { NOON, openWorld } from './intake-world.ts'
import { datasetOf, MemoryCatalog } from './memory-catalog.ts'
import { delta, gauge, histogram, request, upDown } from './requests.ts'

const sender = { 'service.name': 'shop' }
const one = { at: NOON, value: 1 }

test('an unknown metric registers itself with type, unit, description and labels before its points are stored', async () => {
  const world = await openWorld()
  const order: string[] = []
  const [append, register] = [world.writer.append.bind(world.writer), world.catalog.register.bind(world.catalog)]
  world.writer.append = (...commit) => {
    order.push('append')
    return append(...commit)
  }
  world.catalog.register = (descriptors) => {
    order.push('register')
    return register(descriptors)
  }
  const metric = { ...delta('orders', { ...one, attributes: { topic: 't' } }), unit: '{order}', description: 'Orders.' }
  await world.send(request(sender, metric))
  await world.send(request(sender, delta('orders', { at: NOON + 1, value: 1, attributes: { topic: 'u' } })))
  assert.deepEqual(order, ['register', 'append', 'append'])
  const labels = ['metric.topic', 'resource.service.name']
  const descriptor = {
    dataset: 'default',
    name: 'orders',
    type: 'COUNTER_INT64',
    unit: '{order}',
    description: 'Orders.',
    labels,
  }
  assert.deepEqual(world.catalog.registered, [descriptor])
})

test('the kinds of points register as the types of metrics', async () => {
  const world = await openWorld()
  const double = { at: NOON, double: 0.5 }
  const bars = histogram(1, 'h', { at: NOON, counts: [1], bounds: [], sum: 1, max: 1 })
  await world.send(request(sender, delta('c', double), gauge('g', double), gauge('i', one), upDown('u', one), bars))
  assert.deepEqual(
    Object.fromEntries(world.catalog.registered.map(({ name, type, unit }) => [name, `${type} ${unit}`])),
    {
      c: 'COUNTER_DOUBLE ',
      g: 'GAUGE_DOUBLE ',
      i: 'GAUGE_INT64 ',
      u: 'GAUGE_INT64 ',
      'h.count': 'COUNTER_INT64 1',
      'h.sum': 'COUNTER_DOUBLE s',
      'h.max': 'GAUGE_DOUBLE s',
      'h.bucket': 'COUNTER_INT64 1',
    },
  )
})

test('labels not seen before are registered together with the known ones', async () => {
  const world = await openWorld()
  await world.send(request({}, gauge('m', { ...one, attributes: { a: '1' } }, { ...one, attributes: { b: '1' } })))
  await world.send(request({}, gauge('m', { ...one, attributes: { c: '1' } })))
  assert.deepEqual(
    world.catalog.registered.map(({ labels }) => labels),
    [
      ['metric.a', 'metric.b'],
      ['metric.a', 'metric.b', 'metric.c'],
    ],
  )
  assert.equal(world.writer.points.length, 3)
})

test('another type or unit is rejected, the rest of the request goes on', async () => {
  const world = await openWorld()
  await world.send(request({}, { ...gauge('m', one), unit: 'By' }))
  const later = { at: NOON + 1, value: 1 }
  const reply = await world.send(
    request(
      {},
      delta('m', later),
      { ...gauge('m', later), unit: 's' },
      gauge('m', { at: NOON + 2, value: 2 }),
      gauge('n', one),
    ),
  )
  assert.deepEqual([reply.accepted, reply.rejected], [2, 2])
  assert.deepEqual([world.count('type_conflict'), world.count('metric_conflict')], [1, 1])
  assert.deepEqual(
    world.writer.of('m').map(({ value }) => value),
    [1, 2],
    'no unit contradicts none',
  )
})

test('of two types in one request the first one counts', async () => {
  const world = await openWorld()
  const reply = await world.send(request({}, gauge('m', one), delta('m', one), gauge('n', one)))
  assert.deepEqual([reply.rejected, world.count('type_conflict')], [1, 1])
  assert.deepEqual(
    world.writer.points.map(({ metric, type }) => [metric, type]),
    [
      ['m', 'GAUGE_INT64'],
      ['n', 'GAUGE_INT64'],
    ],
  )
})

test('what the registrar refuses is rejected by reason, once asked, and the others register', async () => {
  const world = await openWorld({ catalog: new MemoryCatalog([], 2) })
  const metrics = ['a', 'b', 'c', 'd'].map((name) => gauge(name, one))
  assert.equal((await world.send(request({}, ...metrics))).rejected, 2)
  assert.deepEqual([world.count('catalog_full'), world.writer.points.length], [2, 2])
  const asked = world.catalog.asked
  assert.equal((await world.send(request({}, gauge('c', { at: NOON + 1, value: 1 })))).rejected, 1)
  assert.equal(world.catalog.asked, asked, 'a refusal is believed for a while')
  await world.send(request({}, gauge('c', { at: NOON + 2, value: 1 })), NOON + 10_000)
  assert.ok(world.catalog.asked > asked)
})

test('a strict dataset rejects unknown metrics, a strict catalog unknown datasets', async () => {
  const catalog = new MemoryCatalog([datasetOf('default', { strict: true })])
  const register = catalog.register.bind(catalog)
  catalog.register = async (descriptors) => {
    const strange = descriptors.find(({ dataset }) => dataset === 'strange')
    if (strange) throw new LanewayError('DATASET_UNKNOWN', { detail: strange.dataset })
    return register(descriptors)
  }
  const world = await openWorld({ catalog })
  await world.send(request({}, gauge('m', one)))
  await world.send(request({ 'laneway.dataset': 'strange' }, gauge('m', one)))
  const { datasets } = world.intake.stats()
  assert.deepEqual([datasets.default?.metric_unknown, datasets.strange?.dataset_unknown], [1, 1])
})

test('points that would be rejected anyway register nothing', async () => {
  const world = await openWorld()
  const reply = await world.send(
    request({}, gauge('old', { at: 1, value: 1 }), gauge('nan', { at: NOON, double: 'NaN' })),
  )
  assert.deepEqual([reply.rejected, world.catalog.asked], [2, 0])
})

test('a registrar that breaks fails the commit, and nothing is kept', async () => {
  const world = await openWorld()
  const register = world.catalog.register.bind(world.catalog)
  world.catalog.register = () => Promise.reject(new Error('disk full'))
  const message = request(sender, delta('orders', one))
  await assert.rejects(world.send(message), { code: 'STORE_UNWRITABLE' })
  world.catalog.register = register
  await world.send(message)
  assert.deepEqual([world.writer.sum('orders'), world.count('repeats')], [1, 0])
})
