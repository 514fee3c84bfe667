import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hashSecret, loadStaticKeys } from '../../src/api/static-keys.ts'
import { type LanewayError, LanewayErrors } from '../../src/model/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-keys-'))
const path = join(folder, 'keys')
after(() => rmSync(folder, { recursive: true }))

function load(...lines: string[]) {
  writeFileSync(path, lines.join('\n'))
  return loadStaticKeys(path)
}

function problems(...lines: string[]): string[] {
  try {
    load(...lines)
  } catch (error) {
    const errors = error instanceof LanewayErrors ? error.errors : [error as LanewayError]
    assert.ok(errors.every(({ code }) => code === 'CONFIG_INVALID'))
    return errors.map(({ message }) => message)
  }
  return assert.fail('was taken')
}

const line = (id: string, secret: string, roles: string) => `${id}:${hashSecret(secret)}:${roles}`

test('a key is found by its id and its secret alone', () => {
  const keys = load('# people', '', line('ann', 's1', 'query'), `  ${line('bob', 's2', 'ingest,admin')}  `, '')
  assert.deepEqual(keys.find('ann', 's1'), { id: 'ann', roles: new Set(['query']) })
  assert.deepEqual(keys.find('bob', 's2')!.roles, new Set(['ingest', 'admin']))
  for (const [id, secret] of [
    ['ann', 's2'],
    ['ann', ''],
    ['ann', hashSecret('s1')],
    ['eve', 's1'],
    ['', ''],
    ['__proto__', ''],
  ]) {
    assert.equal(keys.find(id!, secret!), null)
  }
})

test('files from other systems, with their line ends, are read', () => {
  writeFileSync(path, `${line('ann', 's1', 'query')}\r\n# end\r\n`)
  assert.ok(loadStaticKeys(path).find('ann', 's1'))
})

test('a hash does not hold its secret', () => {
  assert.match(hashSecret('open sesame'), /^sha256\.[0-9a-f]{64}$/)
  assert.doesNotMatch(hashSecret('open sesame'), /sesame/)
})

test('every wrong line is named with file and line, and without what stands there', () => {
  const right = line('ann', 's1', 'query')
  const found = problems(
    right,
    'nonsense',
    'eve:plainsecret:query',
    line('bob', 's', 'reader,query'),
    right,
    line('x y', 's', 'query'),
    `z:${hashSecret('s')}:`,
  )
  assert.deepEqual(
    found.map((text) => text.slice(0, path.length + 2)),
    [2, 3, 4, 5, 6, 7].map((number) => `${path}:${number}`),
  )
  assert.match(found[2]!, /reader; roles are query, ingest, admin/)
  assert.match(found[3]!, /id ann of an earlier line/)
  assert.doesNotMatch(found.join(), /plainsecret|sha256\.[0-9a-f]/)
})

test('a file that is missing or holds no key is said', () => {
  assert.match(problems('# nobody')[0]!, /holds no key/)
  assert.throws(() => loadStaticKeys(join(folder, 'none')), /none cannot be read: ENOENT/)
})
