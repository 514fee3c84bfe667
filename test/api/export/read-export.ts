import assert from 'node:assert/strict'

/**
 * A strict reader of Prometheus text (0.0.4, 1.0.0) and OpenMetrics 1.0.0 as this service writes them, written from the
 * format pages: whatever it does not know is an error. Families in one piece, heads before samples, no series twice
 * at a time, samples of a series together and by time.
 */
export interface ReadSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** As written, so that no digit is lost. */
  readonly value: string
  /** As written; null without one. */
  readonly time: string | null
}

export interface ReadFamily {
  readonly name: string
  readonly type: string
  readonly help: string | null
  readonly unit: string | null
  readonly samples: readonly ReadSample[]
}

type Format = 'text' | 'openmetrics'

interface OpenFamily {
  name: string
  type: string | null
  help: string | null
  unit: string | null
  samples: ReadSample[]
}

const CLASSIC_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const CLASSIC_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)/
const TYPES: Record<Format, RegExp> = {
  text: /^(?:counter|gauge|untyped)$/,
  openmetrics: /^(?:counter|gauge|stateset|unknown)$/,
}

export function readExport(text: string, format: Format): ReadFamily[] {
  const families: OpenFamily[] = []
  if (text === '') return []
  assert.ok(text.endsWith('\n'), 'the last line ends')
  const lines = text.slice(0, -1).split('\n')
  if (format === 'openmetrics') assert.equal(lines.pop(), '# EOF', 'OpenMetrics ends with # EOF')
  for (const line of lines) readLine(new Cursor(line), families, format)
  checkNames(families, format)
  return families.map((family) => {
    assert.ok(family.type !== null, `${family.name} has a type`)
    checkSeries(family, format)
    return { ...family, type: family.type! }
  })
}

function readLine(cursor: Cursor, families: OpenFamily[], format: Format): void {
  assert.notEqual(cursor.rest, '', 'no blank lines')
  if (cursor.take('# ')) readHead(cursor, families, format)
  else readSample(cursor, families, format)
}

function readHead(cursor: Cursor, families: OpenFamily[], format: Format): void {
  const word = cursor.match(/^(?:HELP|TYPE|UNIT)/)
  cursor.expect(' ')
  const name = cursor.rest.startsWith('"') ? cursor.quoted() : cursor.match(CLASSIC_METRIC)
  cursor.expect(' ')
  let family = families.at(-1)
  if (family?.name !== name) {
    assert.ok(!families.some((each) => each.name === name), `${name} stands in one piece`)
    families.push((family = { name, type: null, help: null, unit: null, samples: [] }))
  }
  assert.equal(family.samples.length, 0, `heads of ${name} stand before its samples`)
  const value = cursor.rest
  assert.notEqual(value, '')
  if (word === 'HELP') {
    assert.equal(family.help, null)
    family.help = unescaped(value, format === 'openmetrics' ? /^[\\n"]$/ : /^[\\n]$/)
  } else if (word === 'TYPE') {
    assert.equal(family.type, null)
    assert.match(value, TYPES[format])
    family.type = value
  } else {
    assert.equal(format, 'openmetrics', 'only OpenMetrics has units')
    assert.ok(name.endsWith(`_${value}`), `${name} ends with its unit ${value}`)
    family.unit = value
  }
}

function readSample(cursor: Cursor, families: OpenFamily[], format: Format): void {
  const labels: Record<string, string> = {}
  let name: string
  if (cursor.take('{')) {
    name = cursor.quoted()
    if (!cursor.take('}')) {
      cursor.expect(',')
      readLabels(cursor, labels)
    }
  } else {
    name = cursor.match(CLASSIC_METRIC)
    if (cursor.take('{')) readLabels(cursor, labels)
  }
  cursor.expect(' ')
  const value = cursor.match(NUMBER)
  const time = cursor.take(' ') ? cursor.match(format === 'text' ? /^-?\d+/ : /^-?\d+(?:\.\d+)?/) : null
  assert.equal(cursor.rest, '', 'nothing behind a sample')
  const family = families.at(-1)
  const suffixes = family?.type === 'counter' && format === 'openmetrics' ? ['_total', '_created'] : ['']
  assert.ok(
    family && suffixes.some((suffix) => name === `${family.name}${suffix}`),
    `${name} belongs to ${family?.name}`,
  )
  family.samples.push({ name, labels, value, time })
}

/** At least one, then `}`; no comma at the end. */
function readLabels(cursor: Cursor, labels: Record<string, string>): void {
  do {
    const name = cursor.rest.startsWith('"') ? cursor.quoted() : cursor.match(CLASSIC_LABEL)
    assert.ok(!name.startsWith('__'), `${name} is reserved`)
    assert.ok(!(name in labels), `label ${name} stands once`)
    cursor.expect('=')
    labels[name] = cursor.quoted()
  } while (cursor.take(','))
  cursor.expect('}')
}

/** No sample of a family may be called like a family, or a sample, of another. */
function checkNames(families: readonly OpenFamily[], format: Format): void {
  const taken = new Map<string, string>()
  for (const { name, type } of families) {
    const all = type === 'counter' && format === 'openmetrics' ? [name, `${name}_total`, `${name}_created`] : [name]
    for (const each of all) {
      assert.ok(!taken.has(each), `${each} of ${name} is also of ${taken.get(each)}`)
      taken.set(each, name)
    }
  }
}

function checkSeries({ name, type, samples }: OpenFamily, format: Format): void {
  const seen = new Map<string, number>()
  const at = new Set<string>()
  let last = ''
  for (const sample of samples) {
    const series = JSON.stringify(Object.entries(sample.labels).sort())
    assert.ok(series === last || !seen.has(series), `samples of ${name} ${series} stand together`)
    const time = sample.time === null ? 0 : Number(sample.time)
    assert.ok(time >= (seen.get(series) ?? time), `samples of ${name} ${series} come by time`)
    const key = `${sample.name} ${series} ${sample.time}`
    assert.ok(!at.has(key), `one sample of ${key}`)
    at.add(key)
    seen.set(series, time)
    last = series
    if (type === 'stateset') assert.ok(name in sample.labels && /^[01]$/.test(sample.value))
    if (type === 'counter' && format === 'openmetrics') assert.ok(Number(sample.value) >= 0)
  }
}

/** What is left of a line. */
class Cursor {
  rest: string

  constructor(line: string) {
    this.rest = line
  }

  take(text: string): boolean {
    if (!this.rest.startsWith(text)) return false
    this.rest = this.rest.slice(text.length)
    return true
  }

  expect(text: string): void {
    assert.ok(this.take(text), `${JSON.stringify(text)} expected before ${JSON.stringify(this.rest.slice(0, 60))}`)
  }

  match(pattern: RegExp): string {
    const found = pattern.exec(this.rest)?.[0]
    assert.ok(found, `${pattern} expected before ${JSON.stringify(this.rest.slice(0, 60))}`)
    this.rest = this.rest.slice(found.length)
    return found
  }

  quoted(): string {
    const text = this.match(/^"(?:[^"\\\n]|\\.)*"/)
    return unescaped(text.slice(1, -1), /^[\\n"]$/)
  }
}

const unescaped = (text: string, allowed: RegExp): string =>
  text.replaceAll(/\\(.?)/g, (_, character: string) => {
    assert.match(character, allowed, `\\${character} is an escape`)
    return character === 'n' ? '\n' : character
  })
