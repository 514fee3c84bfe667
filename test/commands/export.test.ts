import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeGateway } from './fake-gateway.ts'
import { laneway } from './told.ts'

test('what is exported is printed as it comes, and flags become parameters of the route', async (t) => {
  const gateway = await fakeGateway(t, (_, response) => response.end('m{topic="a"} 1 1795255200000\n'))
  const args = [
    '--metric',
    'a/b',
    '--metric',
    'c',
    '--resource',
    'kafka.id=lkc-a,lkc-b',
    '--lookback',
    'PT10M',
    '--cumulative',
  ]
  const told = await laneway(['export', ...args, '--format', 'openmetrics', '--url', gateway.url])
  assert.deepEqual(told, { code: 0, out: 'm{topic="a"} 1 1795255200000\n', err: '' })
  const { url, headers } = gateway.heard[0]!
  const { pathname, searchParams } = new URL(url, gateway.url)
  assert.equal(pathname, '/v2/metrics/cloud/export')
  assert.deepEqual(
    [...searchParams],
    [
      ['metric', 'a/b'],
      ['metric', 'c'],
      ['resource.kafka.id', 'lkc-a,lkc-b'],
      ['lookback', 'PT10M'],
      ['counters', 'cumulative'],
    ],
  )
  assert.equal(headers.accept, 'application/openmetrics-text; version=1.0.0')
})

test('an answer that breaks off has printed what came, says so and ends with 1', async (t) => {
  const gateway = await fakeGateway(t, (_, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('half of it\n', () => response.destroy())
  })
  const { code, out, err } = await laneway(['export', '--url', gateway.url])
  assert.deepEqual([code, out], [1, 'half of it\n'])
  assert.match(err, /broke off after 11 bytes; what was printed is not whole/)
})

test('an error of the gateway is told with its fix; a format or resource nobody knows is wrong usage', async (t) => {
  const errors = [{ code: 'DATASET_UNKNOWN', detail: 'no dataset shop', hint: 'use cloud' }]
  const gateway = await fakeGateway(t, (_, response) => response.writeHead(404).end(JSON.stringify({ errors })))
  const told = await laneway(['export', '--dataset', 'shop', '--url', gateway.url])
  assert.deepEqual(told, { code: 1, out: '', err: 'DATASET_UNKNOWN: no dataset shop\n  use cloud\n' })
  assert.equal((await laneway(['export', '--format', 'csv'])).code, 2)
  assert.match((await laneway(['export', '--resource', 'lkc-a'])).err, /--resource lkc-a: no ID=VALUE/)
})
