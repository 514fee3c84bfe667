import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import request from 'supertest'
import { PageCatalog } from '../../../src/api/page/page-catalog.ts'
import { type ApiWorld, errorsIn, openApi, RECEIVED, TEN } from '../api-world.ts'

const root = mkdtempSync(join(tmpdir(), 'laneway-page-'))
writeFileSync(join(root, 'index.html'), '<!doctype html><script type="module" src="/console/app.js"></script>')
writeFileSync(join(root, 'app.js'), 'export const a = 1\n')
writeFileSync(join(root, 'notes.md'), 'not for the page')
mkdirSync(join(root, 'views'))
writeFileSync(join(root, 'views', 'style.css'), 'p {}')

let world: ApiWorld
let url: string
before(async () => {
  world = await openApi({ consoleRoot: root })
  url = await world.listen()
})
after(async () => {
  await world.app.close()
  rmSync(root, { recursive: true })
})

test('the page and its files are served with their types', async () => {
  const files = {
    '/': /text\/html/,
    '/console/index.html': /text\/html/,
    '/console/app.js': /text\/javascript/,
    '/console/views/style.css': /text\/css/,
    '/console/vendor/preact.mjs': /text\/javascript/,
    '/console/vendor/htm.mjs': /text\/javascript/,
    '/console/vendor/uplot.mjs': /text\/javascript/,
    '/console/vendor/uplot.css': /text\/css/,
  }
  for (const [path, type] of Object.entries(files))
    await request(url).get(path).expect(200).expect('content-type', type)
})

test('vendored modules need no other module and no source map', async () => {
  for (const name of ['preact', 'htm', 'uplot']) {
    const { text } = await request(url).get(`/console/vendor/${name}.mjs`)
    assert.ok(!/^\s*(?:import|export)\b[^;]*?\bfrom\s*["']|sourceMappingURL/m.test(text), name)
    assert.ok(/\bexport\b/.test(text), name)
  }
})

test('nothing else is served, however the path is written', async () => {
  const paths = [
    'notes.md',
    'none.js',
    '../../package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/app.js',
    '/etc/passwd',
    '',
    'views',
    'vendor/preact',
    '%00',
  ]
  for (const path of paths) {
    const response = await world.app.inject({ method: 'GET', url: `/console/${path}` })
    assert.equal(response.statusCode, 404, path)
    assert.equal(errorsIn(response.body)[0]!.code, 'ROUTE_UNKNOWN')
  }
})

test('files that are added later are not served', async () => {
  writeFileSync(join(root, 'later.js'), '')
  await request(url).get('/console/later.js').expect(404)
})

test('the page runs scripts of this service alone, none of its markup, and stands in no frame', async () => {
  const { headers } = await request(url).get('/')
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /script-src 'self'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /unsafe|\*|http:/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.equal(headers['referrer-policy'], 'no-referrer')
})

test('a file that the browser has is not sent again', async () => {
  const first = await request(url).get('/console/app.js').expect(200)
  const { etag } = first.headers as { etag: string }
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await request(url).get('/console/app.js').set('if-none-match', known).expect(304)
    assert.equal(again.text, '')
    assert.equal(again.headers.etag, etag)
  }
  await request(url).get('/console/app.js').set('if-none-match', '"other"').expect(200)
  await request(url).head('/console/app.js').expect(200)
})

test('without a folder there is no page', async () => {
  const none = await openApi()
  const response = await none.app.inject({ method: 'GET', url: '/' })
  assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.detail], [404, 'This service has no page.'])
})

test('the catalog of the page holds what it picks from', async () => {
  const { body } = await request(url).get('/console/catalog.json').expect(200)
  const { version, now, datasets } = PageCatalog.parse(body)
  assert.deepEqual([version, now, datasets.length], [7, TEN, 1])
  const [cloud] = datasets
  assert.deepEqual(cloud!.rollups[0], {
    id: 'cloud/topic_1m',
    name: 'topic_1m',
    grain: 'PT1M',
    labels: ['metric.topic', 'resource.kafka.id'],
    measures: [`SUM:${RECEIVED}`],
  })
  assert.deepEqual(cloud!.labels, [{ name: 'metric.topic', description: 'The topic', cardinality: 'high' }])
})
