import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseCatalogText, readCatalogFiles } from '../../src/catalog/catalog-file.ts'
import { Problems } from '../../src/catalog/problems.ts'
import { datasetFrom, problemsOf } from './catalog-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-catalog-file-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

test('a folder gives its YAML files in the order of names, and nothing deeper', () => {
  for (const name of ['b.yaml', 'a.yml', 'readme.md', 'deeper/c.yaml']) write(`many/${name}`, 'x: 1')
  const files = readCatalogFiles([join(folder, 'many')], new Problems())
  assert.deepEqual(
    files.map((file) => file.path),
    [join(folder, 'many/a.yml'), join(folder, 'many/b.yaml')],
  )
})

test('a file named twice, by itself and by its folder, is read once', () => {
  const path = write('twice/a.yaml', 'x: 1')
  const files = readCatalogFiles([path, join(folder, 'twice'), join(folder, 'twice/../twice/a.yaml')], new Problems())
  assert.equal(files.length, 1)
})

test('a path that is not there is a problem that names it, and the other paths are still read', () => {
  const path = write('there/a.yaml', 'x: 1')
  const problems = new Problems()
  const files = readCatalogFiles([join(folder, 'nowhere'), path], problems)
  assert.equal(files.length, 1)
  const [problem] = problemsOf(() => problems.throwIfAny())
  assert.match(problem!, /nowhere:1: cannot be read: ENOENT/)
})

test('a file that is too large is not parsed', () => {
  const path = write('large.yaml', `x: ${'y'.repeat(4 * 1024 * 1024)}`)
  const problems = new Problems()
  assert.deepEqual(readCatalogFiles([path], problems), [])
  assert.deepEqual(
    problemsOf(() => problems.throwIfAny()),
    [`${path}:1: 4194307 bytes, allowed: at most 4194304`],
  )
})

test('keys, list entries and keys of aliased maps know their lines; what is not there has the line above it', () => {
  const text = 'a:\n  b: &anchor\n    c: 1\n  d:\n    - x\n    - y\n  e: *anchor\n'
  const file = parseCatalogText('a.yaml', text, new Problems())!
  assert.equal(file.lineOf(['a', 'b', 'c']), 3)
  assert.equal(file.lineOf(['a', 'd', 1]), 6)
  assert.equal(file.lineOf(['a', 'e', 'c']), 3)
  assert.equal(file.lineOf(['a', 'e', 'nobody']), 7)
  assert.equal(file.lineOf(['nobody']), 1)
  assert.equal(file.lineOf([]), 1)
})

const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ['a key twice', 'dataset: d\ndataset: e', /^a\.yaml:2: not valid YAML: Map keys must be unique$/],
  ['a bracket that is never closed', 'dataset: d\nlabels: [', /^a\.yaml:2: not valid YAML: Flow sequence/],
  ['two documents', 'dataset: d\n---\ndataset: e', /^a\.yaml:2: a second document begins; allowed: one per file$/],
  ['an alias without its anchor', 'dataset: d\nlabels: *x', /^a\.yaml:2: .*\*x: no anchor &x stands before it$/],
  ['an alias inside its anchor', 'dataset: d\nlabels: &x [*x]', /^a\.yaml:2: .*\*x: it stands inside its own anchor$/],
  ['a key that is a list', 'dataset: d\n? [a]\n: b', /^a\.yaml:2: not valid YAML: .*keys must be strings$/],
]
for (const [title, text, expected] of BROKEN) {
  test(`${title} is a problem with its line`, () => {
    assert.match(problemsOf(() => datasetFrom(text))[0]!, expected)
  })
}

test('a file that would blow up by aliases of aliases is refused', () => {
  const levels = 'bcdef'.split('').map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcde'[i]}`).join(',')}]`)
  const text = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...levels].join('\n')
  assert.match(problemsOf(() => datasetFrom(text))[0]!, /Excessive alias count/)
})

test('a file broken in a thousand places names the first ten', () => {
  assert.equal(problemsOf(() => datasetFrom(`labels: ${'['.repeat(1000)}`)).length, 10)
})

for (const text of ['', '[a]', 'just text', '7']) {
  test(`${JSON.stringify(text)} is no catalog file`, () => {
    assert.deepEqual(
      problemsOf(() => datasetFrom(text)),
      ['a.yaml:1: is no catalog file; allowed: a map with the key dataset'],
    )
  })
}
