import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ReloadingKeys } from '../../../src/api/auth/reloading-keys.ts'
import { hashSecret } from '../../../src/api/static-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-reload-'))
after(() => rmSync(folder, { recursive: true }))
const line = (id: string) => `${id}:${hashSecret(`s-${id}`)}:query\n`

test('a key that was taken out of the file opens nothing any more, and one that was added does', () => {
  const path = join(folder, 'keys')
  writeFileSync(path, line('ann'))
  const keys = new ReloadingKeys(path)
  assert.equal(keys.refresh(), null)
  writeFileSync(`${path}.new`, line('bob') + line('cat'))
  renameSync(`${path}.new`, path)
  assert.ok(keys.find('ann', 's-ann'))
  assert.equal(keys.refresh(), 2)
  assert.deepEqual([keys.find('ann', 's-ann'), keys.find('bob', 's-bob')?.id], [null, 'bob'])
})

test('a file that went wrong is said once, and the keys from before go on', () => {
  const path = join(folder, 'wrong')
  writeFileSync(path, line('ann'))
  const keys = new ReloadingKeys(path)
  writeFileSync(path, `${line('ann')}nonsense\n`)
  assert.throws(() => keys.refresh(), /wrong:2 is not/)
  assert.equal(keys.refresh(), null)
  rmSync(path)
  assert.throws(() => keys.refresh(), /cannot be read/)
  assert.ok(keys.find('ann', 's-ann'))
  writeFileSync(path, line('ann') + line('bob'))
  assert.equal(keys.refresh(), 2)
})
