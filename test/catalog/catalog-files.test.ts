import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { loadCatalogFiles } from '../../src/catalog/catalog-files.ts'
import { problemsOf } from './catalog-text.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'laneway-catalog-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

test('datasets come out by name, whatever their files are called', () => {
  write('a.yaml', 'dataset: shop')
  write('b.yaml', 'dataset: Zoo')
  write('c.yaml', 'dataset: cloud')
  const { version, datasets } = loadCatalogFiles([folder])
  assert.deepEqual([...datasets.keys()], ['Zoo', 'cloud', 'shop'])
  assert.equal(version, 1)
})

test('a folder without catalog files is a catalog without datasets', () => {
  assert.equal(loadCatalogFiles([folder]).datasets.size, 0)
})

test('a dataset in two files is a problem that names both', () => {
  write('a.yaml', 'dataset: shop')
  write('b.yaml', '# again\ndataset: shop')
  const [problem, ...others] = problemsOf(() => loadCatalogFiles([folder]))
  assert.deepEqual(others, [])
  assert.equal(
    problem,
    `${join(folder, 'b.yaml')}:2: dataset: shop is defined in ${join(folder, 'a.yaml')}; allowed: one file per dataset`,
  )
})

test('one start shows the errors of every file', () => {
  write('a.yaml', 'dataset: 1')
  write('b.yaml', 'dataset: shop\nstep: PT2M')
  write('c.yaml', 'dataset: [')
  const problems = problemsOf(() => loadCatalogFiles([folder, join(folder, 'nowhere.yaml')]))
  assert.deepEqual(
    problems.map((problem) =>
      problem
        .slice(folder.length + 1)
        .split(':')
        .slice(0, 2)
        .join(':'),
    ),
    ['nowhere.yaml:1', 'c.yaml:1', 'a.yaml:1', 'b.yaml:2'],
  )
})
