import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import pino from 'pino'
import { ROLES } from '../../src/api/route-config.ts'
import type { StaticKeys } from '../../src/api/static-keys.ts'
import { UNSCOPED } from '../../src/model/scope.ts'
import { type ApiWorld, errorsIn, openApi, QUERY, question } from './api-world.ts'

/** One key a role, its secret is the role backwards; `all` has every role. */
const keys: StaticKeys = {
  find(id, secret) {
    if (secret !== [...id].reverse().join('')) return null
    if (id === 'all') return { id, roles: new Set(ROLES), scope: UNSCOPED }
    const role = ROLES.find((each) => each.replace(':', '-') === id)
    return role ? { id, roles: new Set([role]), scope: UNSCOPED } : null
  },
}
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const keyOf = (id: string) => basic(`${id}:${[...id].reverse().join('')}`)

const routes = [
  ['POST', QUERY, 'query'],
  ['GET', '/v2/metrics/cloud/descriptors/metrics', 'query or export'],
  ['GET', '/v2/metrics/cloud/descriptors/resources', 'query or export'],
  ['GET', '/console/catalog.json', 'query'],
  ['POST', '/v1/metrics', 'ingest'],
  ['GET', '/metrics', 'admin'],
  ['GET', '/health/parts', 'admin'],
  ['GET', '/health/live', 'open'],
  ['GET', '/health/ready', 'open'],
  ['GET', '/openapi.yaml', 'open'],
  ['GET', '/openapi.json', 'open'],
] as const

async function statusOf({ app }: ApiWorld, method: 'GET' | 'POST', url: string, authorization?: string) {
  const headers = authorization === undefined ? {} : { authorization }
  const payload = method === 'POST' ? { payload: url === QUERY ? question : {} } : {}
  return await app.inject({ method, url, headers, ...payload })
}

test('with keys, each route takes exactly the keys with its role, or with one that brings it along', async () => {
  const world = await openApi({ keys })
  for (const [method, url, access] of routes) {
    for (const id of [...ROLES, 'all']) {
      const { statusCode, body } = await statusOf(world, method, url, keyOf(id.replace(':', '-')))
      const roles: readonly string[] = access.split(' or ')
      const brings = roles.includes('query') && ['support', 'adhoc', 'adhoc:all'].includes(id)
      const fits = access === 'open' || roles.includes(id) || id === 'all' || brings
      assert.equal(statusCode, fits ? 200 : 403, `${method} ${url} as ${id}`)
      if (fits) continue
      const [error] = errorsIn(body)
      assert.equal(error!.code, 'FORBIDDEN')
      assert.match(error!.detail, new RegExp(`needs the role ${access}; the caller has ${id}`))
    }
  }
})

test('with keys, a request without a valid one is told how to send it', async () => {
  const world = await openApi({ keys })
  const wrong = [
    undefined,
    '',
    'Basic',
    'Basic !!!',
    'Bearer abc',
    basic('query'),
    basic(':yreuq'),
    basic('query:wrong'),
    basic('nobody:ydobon'),
  ]
  for (const [method, url, access] of routes) {
    for (const authorization of access === 'open' ? [] : wrong) {
      const response = await statusOf(world, method, url, authorization)
      assert.equal(response.statusCode, 401, `${url} ${authorization}`)
      assert.match(String(response.headers['www-authenticate']), /^Basic realm="laneway"/)
      assert.equal(errorsIn(response.body)[0]!.code, 'UNAUTHENTICATED')
    }
  }
  assert.deepEqual([world.asked.length, world.taken.length], [0, 0])
})

test('an unknown id and a wrong secret are told apart by nobody', async () => {
  const world = await openApi({ keys })
  const unknown = await statusOf(world, 'POST', QUERY, basic('nobody:x'))
  const wrong = await statusOf(world, 'POST', QUERY, basic('query:x'))
  assert.equal(errorsIn(unknown.body)[0]!.detail, errorsIn(wrong.body)[0]!.detail)
})

test('secrets may hold colons, and reach neither answers nor the log', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const colons: StaticKeys = {
    find: (id, secret) =>
      id === 'a' && secret === 'hunter:2' ? { id, roles: new Set(['query']), scope: UNSCOPED } : null,
  }
  const world = await openApi({ keys: colons, logger })
  assert.equal((await statusOf(world, 'POST', QUERY, basic('a:hunter:2'))).statusCode, 200)
  const answers = [
    await statusOf(world, 'POST', QUERY, basic('a:hunter:3')),
    await statusOf(world, 'GET', '/metrics', basic('a:hunter:2')),
  ]
  const text = lines.join('') + answers.map(({ body }) => body).join('')
  assert.doesNotMatch(text, /hunter/)
  assert.ok(!text.includes(basic('a:hunter:2').slice(6)))
})

test('with keys, the body of somebody unknown is not read', async () => {
  const { app } = await openApi({ keys, limits: { bodyBytesMax: 10 } })
  const response = await app.inject({ method: 'POST', url: QUERY, payload: question })
  assert.equal(response.statusCode, 401)
})

/** A request with its own Host, over a real connection. */
async function overLoopback(world: ApiWorld, path: string, headers: Record<string, string>): Promise<number> {
  const { port } = new URL(world.app.listeningOrigin)
  const options = { host: '127.0.0.1', port, path, headers: { ...headers } }
  return await new Promise((resolve, reject) => {
    const sent = httpRequest(options, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('without keys, loopback is asked as localhost or by address, never by a name that points to it', async (t) => {
  const world = await openApi()
  t.after(() => world.app.close())
  await world.listen()
  for (const host of [
    'localhost',
    'localhost:8080',
    'a.localhost',
    'LOCALHOST:1',
    '127.0.0.1:80',
    '192.168.1.5',
    '[::1]:8080',
    'host.docker.internal:8080',
  ]) {
    assert.equal(await overLoopback(world, '/health/live', { host }), 200, host)
  }
  for (const host of [
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
  ]) {
    assert.equal(await overLoopback(world, '/health/live', { host }), 403, host)
  }
})

test('without keys, pages of other hosts may not ask, whatever the route', async () => {
  const { app, asked, taken } = await openApi()
  for (const origin of [
    'http://evil.example',
    'https://localhost.evil.example',
    'http://localhost:9999',
    'null',
    'nonsense',
  ]) {
    for (const [method, url] of routes) {
      const payload = method === 'POST' ? { payload: question } : {}
      const response = await app.inject({ method, url, headers: { origin, host: 'localhost:8080' }, ...payload })
      assert.deepEqual([response.statusCode, errorsIn(response.body)[0]!.code], [403, 'FORBIDDEN'], `${origin} ${url}`)
      assert.equal(response.headers['access-control-allow-origin'], undefined)
    }
  }
  assert.deepEqual([asked.length, taken.length], [0, 0])
  const own = { origin: 'http://localhost:8080', host: 'localhost:8080' }
  assert.equal((await app.inject({ method: 'POST', url: QUERY, headers: own, payload: question })).statusCode, 200)
})

test('with keys, a name that is not local is as good as any', async (t) => {
  const world = await openApi({ keys })
  t.after(() => world.app.close())
  await world.listen()
  const headers = { host: 'metrics.example', authorization: keyOf('query') }
  assert.equal(await overLoopback(world, '/v2/metrics/cloud/descriptors/metrics', headers), 200)
})
