import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadStaticKeys } from '../../src/api/static-keys.ts'
import { laneway } from './told.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-keys-command-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'keys.yaml')

const secretIn = (err: string): string => /shown only now: ([\w-]{32})$/m.exec(err)![1]!

test('what is printed goes into the file as it is, and its secret opens it', async () => {
  const args = ['--tenant', 'a: b', '--constraint', 'resource.kafka.id=lkc-1,lkc-2', '--constraint', 'metric.x=#1']
  const held = await laneway(['keys', 'add', '--id', 'ann', '--roles', 'query,export', ...args, '--datasets', 'cloud'])
  const plain = await laneway(['keys', 'add', '--id', 'ops', '--roles', 'admin,ingest'])
  assert.deepEqual([held.code, plain.code], [0, 0])
  writeFileSync(path, `# who may ask\n${held.out}${plain.out}`)
  const keys = loadStaticKeys(path)
  assert.deepEqual(keys.find('ann', secretIn(held.err))!.scope, {
    tenant: 'a: b',
    datasets: ['cloud'],
    constraints: [
      { label: 'metric.x', values: ['#1'] },
      { label: 'resource.kafka.id', values: ['lkc-1', 'lkc-2'] },
    ],
  })
  assert.deepEqual([...keys.find('ops', secretIn(plain.err))!.roles], ['admin', 'ingest'])
  assert.ok(!held.out.includes(secretIn(held.err)))
})

test('as JSON, entry and secret come together', async () => {
  const { code, out, err } = await laneway(['keys', 'add', '--id', 'ann', '--json'])
  const { id, roles, secret, entry } = JSON.parse(out)
  assert.deepEqual([code, err, id, roles], [0, '', 'ann', ['query']])
  writeFileSync(join(folder, 'one.yaml'), entry)
  assert.ok(loadStaticKeys(join(folder, 'one.yaml')).find('ann', secret))
})

test('a file is listed without hashes, and checked', async () => {
  const list = await laneway(['keys', 'list', '--keys', path])
  assert.match(list.out, /^ann +query,export +a: b +cloud +\{"metric\.x"/m)
  assert.doesNotMatch(list.out, /sha256/)
  const rows = JSON.parse((await laneway(['keys', 'list', '--keys', path, '--json'])).out)
  assert.deepEqual(rows[1], { id: 'ops', roles: 'admin,ingest', tenant: '', datasets: 'all', constraints: {} })
  assert.match((await laneway(['keys', 'check', '--keys', path])).out, /2 keys/)
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, '- id: ann\n  hash: hunter2\n')
  const { code, err } = await laneway(['keys', 'check', '--keys', wrong])
  assert.equal(code, 2)
  assert.match(err, /wrong\.yaml:2: \[0\]\.hash/)
  assert.doesNotMatch(err, /hunter2/)
})

test('a key that no file would take is not made', async () => {
  const wrong = [
    ['--id', 'a b'],
    ['--roles', 'query'],
    ['--id', 'a', '--roles', 'reader'],
    ['--id', 'a', '--roles', 'query,ingest', '--constraint', 'metric.x=1'],
    ['--id', 'a', '--constraint', 'metric.x'],
    ['--id', 'a', '--constraint', 'kafka.id=1'],
    ['--id', 'a', '--datasets', ''],
    ['--id', 'a', 'extra'],
  ]
  for (const args of wrong) {
    const { code, out } = await laneway(['keys', 'add', ...args])
    assert.deepEqual([code, out], [2, ''], args.join(' '))
  }
  assert.equal((await laneway(['keys', 'forget'])).code, 2)
  assert.equal((await laneway(['keys', 'list'])).code, 2)
})
