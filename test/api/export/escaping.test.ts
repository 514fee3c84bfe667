import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ESCAPINGS, type Escaping, escapeName, isClassic } from '../../../src/api/export/escaping.ts'

const written = (name: string, kind: 'metric' | 'label' = 'metric') =>
  Object.fromEntries(ESCAPINGS.map((escaping) => [escaping, escapeName(name, escaping, kind)]))

test('each scheme writes names as Prometheus does', () => {
  assert.deepEqual(written('mysystem.prod.west.cpu.load_total'), {
    'allow-utf-8': 'mysystem.prod.west.cpu.load_total',
    underscores: 'mysystem_prod_west_cpu_load_total',
    dots: 'mysystem_dot_prod_dot_west_dot_cpu_dot_load__total',
    values: 'U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total',
  })
  assert.deepEqual(written('http.status:sum'), {
    'allow-utf-8': 'http.status:sum',
    underscores: 'http_status:sum',
    dots: 'http_dot_status:sum',
    values: 'U__http_2e_status:sum',
  })
  assert.deepEqual(written('label with 😱'), {
    'allow-utf-8': 'label with 😱',
    underscores: 'label_with__',
    dots: 'label__with____',
    values: 'U__label_20_with_20__1f631_',
  })
  assert.deepEqual(written('0bar'), {
    'allow-utf-8': '0bar',
    underscores: '_bar',
    dots: '__bar',
    values: 'U___30_bar',
  })
})

test('a classic name stays, but for the underscores that dots doubles', () => {
  assert.deepEqual(written('no:escaping_required'), {
    'allow-utf-8': 'no:escaping_required',
    underscores: 'no:escaping_required',
    dots: 'no:escaping__required',
    values: 'no:escaping_required',
  })
})

test('a colon is no part of a label name', () => {
  assert.equal(escapeName('a:b', 'underscores', 'label'), 'a_b')
  assert.equal(escapeName('a:b', 'values', 'label'), 'U__a_3a_b')
})

const anyName = fc.string({ minLength: 1, unit: 'grapheme' })

test('every scheme but allow-utf-8 makes classic names, for metrics and for labels', () => {
  fc.assert(
    fc.property(
      anyName,
      fc.constantFrom<Escaping>('underscores', 'dots', 'values'),
      fc.constantFrom('metric' as const, 'label' as const),
      (name, escaping, kind) => isClassic(escapeName(name, escaping, kind), kind),
    ),
  )
})

/** What Prometheus does on the way back. */
const undoDots = (name: string): string => name.replaceAll('_dot_', '.').replaceAll('__', '_')

function undoValues(name: string): string {
  if (!name.startsWith('U__')) return name
  return name
    .slice(3)
    .replaceAll(/__|_([0-9a-f]+)_/g, (_, code?: string) =>
      code === undefined ? '_' : String.fromCodePoint(Number.parseInt(code, 16)),
    )
}

test('values brings every name back', () => {
  const name = anyName.filter((text) => text.isWellFormed() && !text.startsWith('U__'))
  fc.assert(fc.property(name, (text) => undoValues(escapeName(text, 'values', 'metric')) === text))
})

test('dots brings back names of letters, dots and single underscores', () => {
  const part = fc.stringMatching(/^[a-ce-z]{1,5}$/)
  const name = fc
    .array(fc.tuple(part, fc.constantFrom('.', '_')), { minLength: 1 })
    .map((parts) => `${parts.flat().join('')}z`)
  fc.assert(fc.property(name, (text) => undoDots(escapeName(text, 'dots', 'metric')) === text))
})
