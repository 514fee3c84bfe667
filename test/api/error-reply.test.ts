import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import pino from 'pino'
import request from 'supertest'
import { ErrorBody } from '../../src/api/error-body.ts'
import { STATUS } from '../../src/api/status.ts'
import { ERRORS, type ErrorCode, LanewayError, LanewayErrors } from '../../src/model/errors.ts'
import { answerOf, errorsIn, openApi, QUERY, question } from './api-world.ts'

const failing = (error: unknown) => async () => {
  throw error
}

for (const code of Object.keys(ERRORS) as ErrorCode[]) {
  test(`${code} is answered with ${STATUS[code]}, its hint and whether to try again`, async () => {
    const world = await openApi({ answer: failing(new LanewayError(code, { detail: 'why' })) })
    const { status, text, headers } = await world.ask()
    assert.equal(status, STATUS[code])
    const { errors } = ErrorBody.parse(JSON.parse(text))
    const { id, ...rest } = errors[0]!
    assert.deepEqual(
      [rest.code, rest.status, rest.detail, rest.hint],
      [code, `${STATUS[code]}`, 'why', ERRORS[code].fix],
    )
    assert.equal(id, headers['x-request-id'])
    const later = ERRORS[code].kind === 'shed' && code !== 'CLIENT_CLOSED'
    assert.deepEqual([rest.meta.retriable, headers['retry-after']], [ERRORS[code].retriable, later ? '1' : undefined])
  })
}

test('statuses say who is to act', () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { kind } = ERRORS[code]
    if (kind === 'fail') assert.ok(STATUS[code] >= 500, code)
    if (kind === 'shed') assert.ok([429, 499, 503, 504].includes(STATUS[code]), code)
  }
})

test('Retry-After says how long, in whole seconds', async () => {
  const error = new LanewayError('LANE_FULL', { detail: 'full', retryAfterSeconds: 2.5 })
  const { headers } = await (await openApi({ answer: failing(error) })).ask()
  assert.equal(headers['retry-after'], '3')
})

test('several errors are answered together under the status of the first', async () => {
  const two = [new LanewayError('LABEL_UNKNOWN', { detail: '1' }), new LanewayError('DATASET_UNKNOWN', { detail: '2' })]
  const { status, text } = await (await openApi({ answer: failing(new LanewayErrors(two)) })).ask()
  assert.equal(status, 400)
  assert.deepEqual(
    errorsIn(text).map(({ code }) => code),
    ['LABEL_UNKNOWN', 'DATASET_UNKNOWN'],
  )
})

test('what nobody foresaw is INTERNAL: its details are in the log under its id and not in the answer', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  for (const thrown of [new TypeError('secret of the house'), 'secret of the house', null, undefined]) {
    lines.length = 0
    const { status, text } = await (await openApi({ answer: failing(thrown), logger })).ask()
    assert.equal(status, 500)
    const [error] = errorsIn(text)
    assert.equal(error!.code, 'INTERNAL')
    assert.doesNotMatch(text, /secret|TypeError|\.ts/)
    const logged = lines.find((line) => line.includes('INTERNAL'))!
    assert.ok(logged.includes(error!.id))
    if (thrown instanceof Error) assert.match(logged, /secret of the house/)
  }
})

test('unknown paths are answered in JSON too', async () => {
  const { app } = await openApi()
  for (const url of [
    '/nothing',
    '/v2/metrics/cloud/quer',
    '/v2/metrics/%E0%A4%A/query',
    `/v2/metrics/${'x'.repeat(900)}/query`,
    '//',
  ]) {
    const response = await app.inject({ method: 'POST', url, payload: question })
    assert.equal(response.statusCode, 404, url)
    assert.equal(errorsIn(response.body)[0]!.code, 'ROUTE_UNKNOWN', url)
    assert.match(String(response.headers['content-type']), /^application\/json/)
    assert.equal(response.headers['x-content-type-options'], 'nosniff', url)
  }
})

test('a wrong method names the right ones', async () => {
  const { app } = await openApi()
  const cases = [
    ['GET', QUERY, 'POST'],
    ['DELETE', '/v2/metrics/any/query?strict=true', 'POST'],
    ['OPTIONS', QUERY, 'POST'],
    ['POST', '/health/live', 'GET, HEAD'],
    ['PUT', '/console/app.js', 'GET, HEAD'],
  ] as const
  for (const [method, url, allow] of cases) {
    const response = await app.inject({ method, url })
    assert.deepEqual([response.statusCode, response.headers.allow], [405, allow], url)
    assert.equal(errorsIn(response.body)[0]!.code, 'METHOD_NOT_ALLOWED')
  }
})

test('other content types and encodings are refused, with those that are read', async () => {
  const { app, asked } = await openApi()
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/x-protobuf',
    'application/jsonx',
    'nonsense',
    ';',
  ]) {
    const response = await app.inject({
      method: 'POST',
      url: QUERY,
      headers: { 'content-type': type },
      payload: JSON.stringify(question),
    })
    const [error] = errorsIn(response.body)
    assert.deepEqual([response.statusCode, error!.code], [415, 'MEDIA_TYPE_UNSUPPORTED'], type)
    assert.match(error!.detail, /application\/json/)
  }
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const packed = await app.inject({ method: 'POST', url: QUERY, headers, payload: Buffer.from('1f8b', 'hex') })
  assert.deepEqual([packed.statusCode, errorsIn(packed.body)[0]!.code], [415, 'MEDIA_TYPE_UNSUPPORTED'])
  const charset = { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'identity' }
  const right = await app.inject({ method: 'POST', url: QUERY, headers: charset, payload: JSON.stringify(question) })
  assert.equal(right.statusCode, 200)
  assert.equal(asked.length, 1)
})

test('Accept is held to what the route answers', async () => {
  const { app } = await openApi()
  const status = async (accept: string) =>
    (await app.inject({ method: 'POST', url: QUERY, headers: { accept }, payload: question })).statusCode
  for (const fits of [
    '*/*',
    'application/*',
    'application/json',
    'text/html, application/json;q=0.1',
    'APPLICATION/JSON',
    '',
  ]) {
    assert.equal(await status(fits), 200, fits)
  }
  for (const none of [
    'text/csv',
    'application/json;q=0',
    'application/xml, application/json;q=0, */*;q=0.5',
    'nonsense',
  ]) {
    assert.equal(await status(none), 406, none)
  }
})

test('broken JSON is told with its place and without its text', async () => {
  const { app } = await openApi()
  const cases = [
    [Buffer.from('{"aggregations": [}'), /"}" stands where it may not/],
    [Buffer.from('{"aggregations" 1}'), /expected at position 16/],
    [Buffer.from('{"secret'), /not JSON/],
    [Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
    [Buffer.from('{"granularity":"PT1M\xff"}', 'latin1'), /not UTF-8/],
    [Buffer.alloc(0), /empty/],
  ] as const
  for (const [payload, detail] of cases) {
    const response = await app.inject({
      method: 'POST',
      url: QUERY,
      headers: { 'content-type': 'application/json' },
      payload,
    })
    const [error] = errorsIn(response.body)
    assert.deepEqual([response.statusCode, error!.code], [400, 'BODY_UNREADABLE'])
    assert.match(error!.detail, detail)
    assert.doesNotMatch(error!.detail, /secret/)
  }
})

test('a body above the limit is refused, whether its length is announced or not', async (t) => {
  const world = await openApi({ limits: { bodyBytesMax: 2000 } })
  t.after(() => world.app.close())
  const announced = await world.app.inject({
    method: 'POST',
    url: QUERY,
    payload: { ...question, extra: 'x'.repeat(2000) },
  })
  const [error] = errorsIn(announced.body)
  assert.deepEqual([announced.statusCode, error!.code], [413, 'BODY_TOO_LARGE'])
  assert.equal(error!.meta.limit, 2000)
  assert.equal(error!.meta.configKey, 'http.bodyBytesMax')
  assert.ok(Number(error!.meta.actual) > 2000)
  const text = await raw(await world.listen(), [
    `POST ${QUERY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `bb8\r\n${'x'.repeat(3000)}\r\n`,
  ])
  assert.match(text, /^HTTP\/1\.1 413 /)
  assert.equal(world.asked.length, 0)
})

test('bytes that are no HTTP, headers that are too large and a body that never ends are answered in JSON', async (t) => {
  const [patient, hasty] = [await openApi(), await openApi({ limits: { requestMsMax: 200 } })]
  t.after(() => Promise.all([patient.app.close(), hasty.app.close()]))
  const urls = { patient: await patient.listen(), hasty: await hasty.listen() }
  const post = `POST ${QUERY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
  const cases = [
    [['nonsense\r\n\r\n'], 400, 'BODY_UNREADABLE', /not HTTP/],
    [[`GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`], 431, 'HEADERS_TOO_LARGE', /16384 bytes/],
    [[`${post}Content-Length: 100\r\n\r\n{"a`], 408, 'REQUEST_TOO_SLOW', /200 ms/],
    [[`${post}Content-Length: 100\r\n`], 408, 'REQUEST_TOO_SLOW', /200 ms/],
  ] as const
  for (const [parts, status, code, detail] of cases) {
    const text = await raw(status === 408 ? urls.hasty : urls.patient, parts)
    const [head, body] = text.split('\r\n\r\n') as [string, string]
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `))
    const { errors } = ErrorBody.parse(JSON.parse(body))
    assert.deepEqual([errors[0]!.code, errors[0]!.status], [code, `${status}`])
    assert.match(errors[0]!.detail, detail)
  }
})

test('a method that no route has is refused before its body is read, whatever the framework wants of it', async (t) => {
  const { app, listen } = await openApi()
  t.after(() => app.close())
  const text = await raw(await listen(), [
    'QUERY /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  ])
  assert.match(text, /^HTTP\/1\.1 405 /)
  assert.match(text, /\r\nallow: GET, HEAD\r\n/i)
  assert.match(text, /METHOD_NOT_ALLOWED/)
})

test('a number in the query string that is too great is told as that number', async () => {
  const { app } = await openApi()
  const response = await app.inject({ method: 'GET', url: '/v2/metrics/cloud/descriptors/metrics?page_size=100000' })
  const [error] = errorsIn(response.body)
  assert.deepEqual([error!.meta.limit, error!.meta.actual], [1000, 100_000])
})

/** Everything the server says until it ends the connection. */
function raw(url: string, parts: readonly string[]): Promise<string> {
  const { port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    for (const part of parts) socket.write(part)
  })
}

test('a request line per answer is logged, without bodies, headers and query strings', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const { app } = await openApi({ logger })
  const headers = { authorization: 'Basic c2VjcmV0OnNlY3JldA==' }
  await app.inject({
    method: 'POST',
    url: `${QUERY}?strict=true&key=hidden`,
    headers,
    payload: { ...question, use: ['hidden'] },
  })
  const answered = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered')
  assert.deepEqual(
    answered.map(({ method, route, status }) => [method, route, status]),
    [['POST', '/v2/metrics/:dataset/query', 200]],
  )
  assert.doesNotMatch(lines.join(''), /c2Vjcm|hidden/)
})

test('a closing server answers what is under way and then takes no more', async () => {
  const waiting = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const answer = async () => {
    started.resolve()
    await waiting.promise
    return answerOf()
  }
  const world = await openApi({ answer })
  const url = await world.listen()
  const answered = request(url)
    .post(QUERY)
    .send(question)
    .then((response) => response.status)
  await started.promise
  const closed = world.app.close()
  waiting.resolve()
  assert.equal(await answered, 200)
  await closed
  await assert.rejects(request(url).get('/health/live'), /ECONNREFUSED/)
})

test('a client that does not read its answer keeps no server from closing', async () => {
  const never = Promise.withResolvers<never>()
  const started = Promise.withResolvers<void>()
  const answer = () => {
    started.resolve()
    return never.promise
  }
  const world = await openApi({ answer, limits: { closeMsMax: 20 } })
  const url = await world.listen()
  const ended = request(url)
    .post(QUERY)
    .send(question)
    .then(
      () => 'answered',
      () => 'cut off',
    )
  await started.promise
  await world.app.close()
  assert.equal(await ended, 'cut off')
})
