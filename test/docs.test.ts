import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { generatedPages } from '../scripts/generated-pages.ts'

const pages = globSync('{*.md,docs/**/*.md,bench/*.md,examples/**/*.md}')
const read = (path: string) => readFileSync(path, 'utf8')

test('generated pages say what the code says', async () => {
  for (const [path, text] of await generatedPages()) {
    assert.ok(existsSync(path), `${path} is missing: npm run generate`)
    assert.equal(read(path), text, `${path} differs from the code: npm run generate`)
  }
})

test('every link between pages leads somewhere', () => {
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
      assert.ok(existsSync(resolve(dirname(page), target!)), `${page} links to ${target}`)
    }
  }
})

test('every path that pages name in back-ticks exists', () => {
  for (const page of pages.filter((path) => path !== 'CHANGELOG.md')) {
    for (const [, path] of read(page).matchAll(/`((?:src|test|docs|scripts|bench|examples)\/[\w./-]+)`/g)) {
      const there = existsSync(path!) || existsSync(resolve(dirname(page), path!))
      assert.ok(there, `${page} names ${path}, which does not exist`)
    }
  }
})

test('every dependency has its line, and every line its dependency', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'))
  const installed = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).sort()
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)).sort()
  assert.deepEqual(named, installed)
})

test('every npm script that pages mention exists', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const known = new Set([...Object.keys(scripts), 'ci', 'cit', 'install', 'exec'])
  for (const page of pages) {
    for (const [, name] of read(page).matchAll(/npm run ([\w:]+)/g)) {
      assert.ok(known.has(name!), `${page} mentions npm run ${name}`)
    }
  }
})

test('decisions are numbered without gaps', () => {
  const numbers = globSync('docs/decisions/*.md').map((path) => Number(path.split('/').at(-1)!.slice(0, 4)))
  assert.deepEqual(
    numbers.sort((a, b) => a - b),
    numbers.map((_, i) => i + 1),
  )
})

test('every page has one title', () => {
  for (const page of pages) {
    const outsideCode = read(page).replaceAll(/```[\s\S]*?```/g, '')
    assert.equal(outsideCode.split('\n').filter((line) => line.startsWith('# ')).length, 1, page)
  }
})
