import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { hashSecret } from '../../src/api/static-keys.ts'
import { urlOf } from '../../src/commands/doctor/machine.ts'
import { type House, openHouse } from '../scenarios/house.ts'
import { fakeGateway } from './fake-gateway.ts'
import { laneway, type Telling } from './told.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-doctor-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let house: House
let port: string
before(async () => {
  house = await openHouse(Date.now, { 'http.port': 0 })
  port = new URL((await house.laneway.listen()).url).port
  await house.laneway.idle()
})
after(() => house?.close())

interface Findings {
  readonly code: number
  /** `state name` ▸ detail and fix. */
  readonly found: ReadonlyMap<string, string>
}

async function doctor(args: readonly string[], telling: Telling = {}): Promise<Findings> {
  const { code, out, err } = await laneway(['doctor', '--json', ...args], telling)
  assert.equal(err, '')
  const { findings } = JSON.parse(out) as { findings: { name: string; state: string; detail: string; fix?: string }[] }
  return {
    code,
    found: new Map(findings.map(({ name, state, detail, fix }) => [`${state} ${name}`, `${detail}; ${fix}`])),
  }
}

const here = (): string[] => ['--data', house.folder, '--port', port]
const freePort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port: free } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return String(free)
}

test('beside a gateway that runs, everything is fine: its files are in use, its port answers, its parts are well', async () => {
  const { code, found } = await doctor(here())
  assert.equal(code, 0, [...found].join('\n'))
  assert.match(found.get('ok raw.duckdb')!, /in use/)
  assert.match(found.get('ok log.sqlite')!, /in use/)
  assert.match(found.get('ok port')!, /taken by a Laneway that answers/)
  for (const name of ['node', 'configuration', 'catalog', 'keys', 'data', 'clock', 'gateway duckdb', 'gateway push']) {
    assert.ok(found.has(`ok ${name}`), name)
  }
})

test('people get a line a finding, and under it the fix where one is needed', async () => {
  const { code, out } = await laneway([
    'doctor',
    '--host',
    '0.0.0.0',
    '--port',
    await freePort(),
    '--data',
    join(folder, 'new'),
  ])
  assert.equal(code, 1)
  assert.match(out, /^ok {4}node +v24/m)
  assert.match(out, /^fail {2}keys +http\.host 0\.0\.0\.0 lies beyond loopback.*\n +fix: make a key/m)
  assert.match(out, /^ok {4}gateway +none runs at http:\/\/127\.0\.0\.1:\d+$/m)
})

test('a clock that differs from the gateway is told with how much and which way', async () => {
  const far = await doctor(here(), { clock: () => Date.now() + 120_000 })
  assert.match(far.found.get('fail clock')!, /the gateway is 1\d\d s behind; .*NTP/)
  const near = await doctor(here(), { clock: () => Date.now() - 10_000 })
  assert.match(near.found.get('warn clock')!, /the gateway is 10 s ahead|the gateway is 9 s ahead/)
  assert.equal(near.code, 0)
})

test('every problem of configuration, catalog and keys is a finding of its own', async () => {
  const config = join(folder, 'laneway.yaml')
  writeFileSync(config, 'lanes: { slots: one }\nhttp: { prot: 1 }\n')
  const wrong = await laneway(['doctor', '--config', config, '--json'])
  assert.equal(wrong.code, 1)
  const { findings } = JSON.parse(wrong.out)
  assert.equal(
    findings.filter(({ name, state }: { name: string; state: string }) => name === 'configuration' && state === 'fail')
      .length,
    2,
  )

  const catalog = join(folder, 'a.yaml')
  writeFileSync(catalog, 'dataset: a\nstep: PT2M\n')
  const keys = join(folder, 'keys')
  writeFileSync(keys, 'who: what\n')
  const { code, found } = await doctor([...here(), '--catalog', catalog, '--keys', keys])
  assert.equal(code, 1)
  assert.match(found.get('fail catalog')!, /a\.yaml:2: step/)
  assert.ok(found.has('fail keys'))
})

test('a keys file that others may read is a warning, one of the owner alone is fine', async () => {
  const keys = join(folder, 'some-keys')
  writeFileSync(keys, `grafana:${hashSecret('s')}:query\n`)
  chmodSync(keys, 0o644)
  assert.match((await doctor([...here(), '--keys', keys])).found.get('warn keys')!, /mode 644.*chmod 600/)
  chmodSync(keys, 0o600)
  assert.match((await doctor([...here(), '--keys', keys])).found.get('ok keys')!, /^1 in/)
})

test('files of a gateway that stopped are opened as it opens them; damage is found', async () => {
  const data = join(folder, 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'raw.duckdb'), 'no database at all, but long enough to be taken for one'.repeat(1000))
  writeFileSync(join(data, 'log.sqlite'), 'neither is this one'.repeat(1000))
  writeFileSync(join(data, 'push.snapshot'), 'nor this')
  const { code, found } = await doctor(['--data', data, '--port', await freePort()])
  assert.equal(code, 1)
  assert.ok(found.has('fail raw.duckdb') && found.has('fail log.sqlite'), [...found.keys()].join())
  // it is made anew from the log
  assert.ok(found.has('warn push.snapshot'))
})

test('a port that something else took, and a gateway that was named and is not there, fail', async (t) => {
  const other = await fakeGateway(t, (_, response) => response.end('hello'))
  const taken = await doctor(['--data', join(folder, 'new'), '--port', new URL(other.url).port])
  assert.match(taken.found.get('fail port')!, /taken by another process/)
  await other.close()
  const named = await doctor(['--data', join(folder, 'new'), '--port', await freePort()], {
    environment: { LANEWAY_URL: other.url },
  })
  assert.match(named.found.get('fail gateway')!, /ECONNREFUSED/)
})

test('a gateway that keeps its health to admins is asked for nothing else, and which key is needed is said', async (t) => {
  const gateway = await fakeGateway(t, ({ url }, response) => {
    const errors = [{ code: 'UNAUTHENTICATED', detail: 'no valid key' }]
    response.writeHead(url === '/health/live' ? 200 : 401).end(JSON.stringify({ errors }))
  })
  const { code, found } = await doctor([
    '--data',
    join(folder, 'new'),
    '--port',
    await freePort(),
    '--url',
    gateway.url,
  ])
  assert.equal(code, 0)
  assert.match(found.get('warn gateway')!, /role admin; set LANEWAY_KEY/)
  assert.match(found.get('warn fresh cloud')!, /UNAUTHENTICATED/)
})

test('a service on any address is asked on loopback, and IPv6 is written in brackets', () => {
  assert.deepEqual(
    ['0.0.0.0', '::', '::1', 'gateway'].map((host) => urlOf(host, 8080)),
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080', 'http://gateway:8080'],
  )
})
