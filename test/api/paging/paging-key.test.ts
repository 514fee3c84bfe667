import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openPagingKey } from '../../../src/api/paging/paging-key.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-key-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('the key is made once, for its owner alone, and is the same ever after', () => {
  const path = join(folder, 'paging.key')
  const key = openPagingKey(path)
  assert.equal(key.byteLength, 32)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(Buffer.from(openPagingKey(path)), Buffer.from(key))
  assert.notDeepEqual(openPagingKey(join(folder, 'another.key')), readFileSync(path))
})

test('a file that is no key stops the start, and its content is never told', () => {
  const path = join(folder, 'short.key')
  writeFileSync(path, 'hunter2')
  assert.throws(() => openPagingKey(path), {
    code: 'CONFIG_INVALID',
    message: `paging.keyPath ${path} has 7 bytes; a key has 32 to 4096`,
  })
  assert.throws(() => openPagingKey(folder), { code: 'CONFIG_INVALID', message: /cannot be read/ })
  assert.throws(() => openPagingKey(join(folder, 'no', 'key')), {
    code: 'CONFIG_INVALID',
    message: /cannot be written/,
  })
})
