import assert from 'node:assert/strict'

type Row = Record<string, unknown>

/**
 * Two answers hold the same numbers: the same rows in the same order, integers equal bit by bit, doubles within 1e-12
 * of the sum of magnitudes (`terms` is how many numbers of about that size went into one).
 */
export function assertSameNumbers(actual: readonly Row[], expected: readonly Row[], terms: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: rows`)
  for (const [i, row] of actual.entries()) same(row, expected[i], terms, `${what}: row ${i}`)
}

function same(a: unknown, b: unknown, terms: number, what: string): void {
  if (isContainer(a) && isContainer(b)) {
    assert.deepEqual(Object.keys(a), Object.keys(b), what)
    for (const [key, each] of Object.entries(a)) same(each, b[key], terms, `${what} ${key}`)
  } else if (typeof a === 'number' && typeof b === 'number' && !(Number.isInteger(a) && Number.isInteger(b))) {
    const tolerance = 1e-12 * terms * Math.max(Math.abs(a), Math.abs(b))
    assert.ok(Math.abs(a - b) <= tolerance, `${what}: ${a} is not ${b}`)
  } else assert.deepEqual(a, b, what)
}

/** A row, a list of points, or a list of values. */
const isContainer = (value: unknown): value is Row => typeof value === 'object' && value !== null
