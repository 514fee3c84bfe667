import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { STEPS } from '../../src/catalog/shape.ts'
import { METRIC_TYPES, SPACES } from '../../src/model/measure.ts'
import { datasetFrom, problemsOf } from './catalog-text.ts'

const page = readFileSync('docs/catalog.md', 'utf8')

/** Each row of the tables of a section: key and default. */
function rowsOf(title: string): Map<string, string> {
  const from = page.indexOf(title)
  assert.notEqual(from, -1, title)
  const table = page.slice(from).split('\n').slice(1)
  const begin = table.findIndex((line) => line.startsWith('| Key'))
  const end = table.findIndex((line, i) => i > begin && !line.startsWith('|'))
  const cells = table.slice(begin + 2, end).map((line) => line.split('|').map((cell) => cell.trim()))
  return new Map(cells.map(([, key, fallback]) => [key!.replaceAll('`', ''), fallback!.replaceAll('`', '')]))
}

/** What the reader of files says is allowed beside a key that nobody knows. */
function allowedBeside(text: string): string[] {
  const problem = problemsOf(() => datasetFrom(text)).find((each) => each.includes('nobody: is not a key here'))
  assert.ok(problem)
  return problem.split('allowed: ')[1]!.split(', ')
}

const metric = 'dataset: d\nmetrics: { m: { type: GAUGE_INT64'
const SECTIONS: readonly (readonly [string, string])[] = [
  ['## Dataset', 'dataset: d\nnobody: 1'],
  ['## Resources', 'dataset: d\nresources: { r: { id: resource.r, nobody: 1 } }'],
  ['## Labels', 'dataset: d\nlabels: { metric.a: { nobody: 1 } }'],
  ['## Metrics', `${metric}, nobody: 1 } }`],
  ['`from` has:', `${metric}, from: { nobody: 1 } } }`],
  ['## Rollups', `${metric} } }\nrollups: { r: { grain: PT1M, labels: [], measures: [m], nobody: 1 } }`],
]
for (const [title, text] of SECTIONS) {
  test(`${title.replaceAll('#', '').trim()} the page names every key that files may have, and no other`, () => {
    assert.deepEqual([...rowsOf(title).keys()].sort(), allowedBeside(text).sort())
  })
}

test('steps, types and spaces stand on the page', () => {
  for (const word of [...STEPS, ...METRIC_TYPES, ...SPACES]) assert.ok(page.includes(`\`${word}\``), word)
})

test('the defaults of the page are those of the reader', () => {
  const said = rowsOf('## Dataset')
  const written = ['step', 'lateness', 'dedupe', 'strict', 'retention'].map((key) => `${key}: ${said.get(key)}`)
  assert.deepEqual(datasetFrom(`dataset: d\n${written.join('\n')}`), datasetFrom('dataset: d'))
  const of = rowsOf('## Metrics')
  const keys = ['unit', 'missing', 'exportable', 'lifecycle'].map((key) => `${key}: ${of.get(key)}`)
  assert.deepEqual(datasetFrom(`${metric}, ${keys.join(', ')} } }`), datasetFrom(`${metric} } }`))
})
