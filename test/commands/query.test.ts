import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { fakeGateway, type Heard } from './fake-gateway.ts'
import { laneway } from './told.ts'

const row = (minute: number, value: number) => ({
  timestamp: `2026-11-21T10:0${minute}:00Z`,
  'metric.topic': 'orders',
  value,
})
const slice = (from: string, to: string, rollup: string | null) => ({
  interval: `2026-11-21T${from}:00Z/2026-11-21T${to}:00Z`,
  source: rollup === null ? 'duckdb' : 'push',
  rollup,
})
const META = {
  freshness: { state: 'provisional', completeThrough: '2026-11-21T10:01:00Z', asOf: '2026-11-21T10:02:00Z' },
  plan: {
    slices: [
      slice('09:00', '10:00', 'cloud/topic_1m'),
      slice('10:00', '10:01', 'cloud/topic_1m'),
      slice('10:01', '10:02', null),
    ],
  },
}

async function asking(t: TestContext, answer: unknown, status = 200) {
  const gateway = await fakeGateway(t, (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  return gateway
}

test('an answer is a table, and under it stands where the time came from, neighbours from one place told once', async (t) => {
  const gateway = await asking(t, { data: [row(0, 5), row(1, 12)], meta: META })
  const told = await laneway(['query', '--metric', 'm', '--url', gateway.url])
  assert.deepEqual(told, {
    code: 0,
    out: `
timestamp             metric.topic  value
2026-11-21T10:00:00Z  orders            5
2026-11-21T10:01:00Z  orders           12
  2026-11-21T09:00:00Z/2026-11-21T10:01:00Z  from push (cloud/topic_1m)
  2026-11-21T10:01:00Z/2026-11-21T10:02:00Z  from duckdb
  provisional, complete through 2026-11-21T10:01:00Z, as of 2026-11-21T10:02:00Z
`.slice(1),
    err: '',
  })
  assert.equal(gateway.heard[0]!.url, '/v2/metrics/cloud/query')
})

test('several values have a column each, called as the question calls them; groups have a row a point', async (t) => {
  const point = (minute: number) => ({ timestamp: `2026-11-21T10:0${minute}:00Z`, values: [1, 2, 0.5] })
  const gateway = await asking(t, {
    data: [{ 'metric.topic': 'a', points: [point(0), { ...point(1), cut: true }] }],
    meta: {},
  })
  const args = [
    '--metric',
    'in',
    '--metric',
    'out',
    '--as',
    'i',
    '--as',
    'o',
    '--ratio',
    'share=i/o',
    '--format',
    'grouped',
  ]
  const { out } = await laneway(['query', ...args, '--url', gateway.url])
  assert.equal(
    out,
    `
timestamp             metric.topic  i  o  share  cut
2026-11-21T10:00:00Z  a             1  2    0.5
2026-11-21T10:01:00Z  a             1  2    0.5  true
`.slice(1),
  )
  assert.equal(JSON.parse(gateway.heard[0]!.body).format, 'GROUPED')
})

test('--json prints the answer as it came, an error too, and then ends with 1', async (t) => {
  const fine = await asking(t, { data: [], meta: {} })
  assert.deepEqual(await laneway(['query', '--metric', 'm', '--json', '--url', fine.url]), {
    code: 0,
    out: '{"data":[],"meta":{}}\n',
    err: '',
  })
  const errors = { errors: [{ code: 'METRIC_UNKNOWN', detail: 'no metric m', hint: 'see descriptors' }] }
  const refusing = await asking(t, errors, 404)
  const told = await laneway(['query', '--metric', 'm', '--json', '--url', refusing.url])
  assert.deepEqual([told.code, JSON.parse(told.out)], [1, errors])
  const plain = await laneway(['query', '--metric', 'm', '--url', refusing.url])
  assert.deepEqual(plain, { code: 1, out: '', err: 'METRIC_UNKNOWN: no metric m\n  see descriptors\n' })
})

test('--page asks on with the token of the page before until there is none', async (t) => {
  const tokens: Record<string, string | null> = { '': 'a/b', 'a/b': 'c', c: null }
  const gateway = await fakeGateway(t, ({ url }: Heard, response) => {
    const token = new URL(url, 'http://gateway').searchParams.get('page_token') ?? ''
    const pagination = { page_size: 1, next_page_token: tokens[token] }
    response.end(JSON.stringify({ data: [row(0, 1)], meta: { pagination } }))
  })
  const { code, out } = await laneway(['query', '--metric', 'm', '--page', '--json', '--url', gateway.url])
  assert.equal(code, 0)
  assert.equal(out.trimEnd().split('\n').length, 3)
  assert.equal(gateway.heard[1]!.url, '/v2/metrics/cloud/query?page_token=a%2Fb')
  assert.equal(new Set(gateway.heard.map(({ body }) => body)).size, 1)
})

test('without --page, an answer that left groups out says how many there are', async (t) => {
  const gateway = await asking(t, { data: [row(0, 1)], meta: { truncated: true, groupsTotal: 412 } })
  const { err } = await laneway(['query', '--metric', 'm', '--limit', '1', '--url', gateway.url])
  assert.match(err, /412 groups there are; --page asks for all/)
})

const folder = mkdtempSync(join(tmpdir(), 'laneway-query-command-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a whole question is read from a file or from standard input, and not beside flags that say another', async (t) => {
  const gateway = await asking(t, { data: [], meta: {} })
  const body = { aggregations: [{ metric: 'm' }], granularity: 'ALL', intervals: ['PT1H/now'] }
  const path = join(folder, 'question.json')
  writeFileSync(path, JSON.stringify(body))
  await laneway(['query', '--body', path, '--url', gateway.url])
  await laneway(['query', '--body', '-', '--url', gateway.url], { input: JSON.stringify(body) })
  assert.deepEqual(
    gateway.heard.map((heard) => JSON.parse(heard.body)),
    [body, body],
  )
  assert.match((await laneway(['query', '--body', path, '--metric', 'm'])).err, /--body beside --metric/)
  assert.match((await laneway(['query', '--body', '-'], { input: '[' })).err, /standard input is not JSON/)
  assert.match((await laneway(['query', '--body', join(folder, 'none')])).err, /none cannot be read \(ENOENT\)/)
})

test('the gateway and the key come from the environment, flags beat it, and the key is in no message', async (t) => {
  const gateway = await asking(
    t,
    { errors: [{ code: 'UNAUTHENTICATED', detail: 'no valid key', hint: 'send one' }] },
    401,
  )
  const environment = { LANEWAY_URL: `${gateway.url}/`, LANEWAY_KEY: 'grafana:s3cret' }
  const told = await laneway(['query', '--metric', 'm'], { environment })
  const bearer = await laneway(['query', '--metric', 'm', '--key', 'aaa.bbb.ccc'], { environment })
  const sent = gateway.heard.map(({ headers }) => headers.authorization)
  assert.deepEqual(sent, [`Basic ${Buffer.from('grafana:s3cret').toString('base64')}`, 'Bearer aaa.bbb.ccc'])
  assert.doesNotMatch(told.err + told.out + bearer.err, /s3cret|bbb/)
})

test('no gateway there is a failure that says how to start one; a URL that is none is wrong usage and not repeated', async (t) => {
  const closed = await asking(t, {})
  await closed.close()
  const gone = await laneway(['query', '--metric', 'm', '--url', closed.url])
  assert.equal(gone.code, 1)
  assert.match(gone.err, /^no gateway answers at http:\S+ \(ECONNREFUSED\): start one with "laneway serve"/)
  const secret = await laneway(['query', '--metric', 'm', '--url', 'http://id:s3cret@127.0.0.1:1'])
  assert.equal(secret.code, 2)
  assert.match(secret.err, /may hold no key/)
  assert.doesNotMatch(secret.err, /s3cret/)
})

test('an answer of something else is shown in part, and said to be none of Laneway', async (t) => {
  const gateway = await fakeGateway(t, (_, response) => response.writeHead(502).end(`<html>${'x'.repeat(1000)}`))
  const { code, err } = await laneway(['query', '--metric', 'm', '--url', gateway.url])
  assert.equal(code, 1)
  assert.match(err, /^status 502 and no answer of Laneway's: <html>x+\n/)
  assert.ok(err.length < 400)
})
