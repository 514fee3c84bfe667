import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'

/** The zone table of ARCHITECTURE.md: who may import whom. A zone is a folder; the longest match counts. */
const PURE_PLANNER = ['planner/logical', 'planner/routing', 'planner/physical', 'planner/merge']
const ALL = [
  ...['api', 'planner', ...PURE_PLANNER, 'lanes', 'sources', 'ingest', 'rollup', 'telemetry', 'console'],
  ...['cache/push', 'cache/result', 'catalog', 'ports', 'model'],
]
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: [],
  ports: ['model'],
  catalog: ['model', 'ports'],
  'cache/push': ['model', 'ports'],
  'cache/result': ['model'],
  lanes: ['model', 'ports'],
  'planner/logical': ['catalog', 'model'],
  'planner/routing': ['planner/logical', 'ports', 'catalog', 'model'],
  'planner/physical': ['planner/routing', 'planner/logical', 'ports', 'catalog', 'model'],
  'planner/merge': ['model'],
  planner: [...PURE_PLANNER, 'lanes', 'cache/result', 'ports', 'catalog', 'model'],
  sources: ['ports', 'cache/push', 'catalog', 'model'],
  ingest: ['ports', 'cache/push', 'catalog', 'model'],
  rollup: ['planner', 'ports', 'catalog', 'model'],
  telemetry: ['ports', 'model'],
  api: ['planner', 'ports', 'catalog', 'model'],
  console: [],
  '.': ALL,
}
/** Zones that see only one file of the planner. */
const PLANNER_FRONT = 'planner/engine.ts'
const SEES_ONLY_THE_FRONT = ['api', 'rollup']
/** Packages and the one zone each is at home in. */
const PACKAGE_HOME: Record<string, string> = {
  fastify: 'api',
  '@fastify/': 'api',
  'fastify-type-provider-zod': 'api',
  mercurius: 'api',
  graphql: 'api',
  'graphql-ws': 'api',
  ws: 'api',
  jose: 'api',
  re2js: 'model',
  undici: 'sources',
  '@duckdb/node-api': 'sources',
  'lru-cache': 'cache/result',
  yaml: 'catalog',
  kafkajs: 'ingest',
  '@platformatic/kafka': 'ingest',
  'node:sqlite': 'ingest',
  protobufjs: 'ingest',
  'prom-client': 'telemetry',
  pino: 'telemetry',
  '@opentelemetry/': 'telemetry',
}
/** The composition root may read configuration with the catalog's YAML reader. */
const ALSO_AT_HOME: Record<string, readonly string[]> = { yaml: ['.'] }
const PURE = new Set(['model', 'ports', 'cache/push', ...PURE_PLANNER])
const IMPURE =
  /\b(?:Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|process\.|performance\.now)/
const FORBIDDEN_NAMES = /^(?:utils?|helpers?|common|manager|base|misc|index)\.ts$/
/** Where a process starts, and the log in memory that tests run the pipeline on. */
const ENTRIES = ['cli.ts', 'ingest/log/memory.ts']
const IMPORT = /(?:^\s*(?:import|export)\b[^'";]*?|\bimport\()\s*['"]([^'"]+)['"]/gm

const root = resolve('src')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => resolve(root, name))
const short = (file: string) => relative(root, file).split(sep).join('/')

function zoneOf(file: string): string {
  const folder = dirname(short(file))
  const zones = Object.keys(MAY_IMPORT).filter((zone) => folder === zone || folder.startsWith(`${zone}/`))
  return zones.sort((a, b) => b.length - a.length)[0] ?? '.'
}

function homeOf(name: string): string | undefined {
  const fits = (key: string) => name === key || name.startsWith(key.endsWith('/') ? key : `${key}/`)
  return Object.entries(PACKAGE_HOME).find(([key]) => fits(key))?.[1]
}

const importsOf = (text: string): string[] => [...text.matchAll(IMPORT)].map((match) => match[1]!)

function checkLocal(file: string, name: string): void {
  const zone = zoneOf(file)
  const target = resolve(dirname(file), name)
  const there = zoneOf(target)
  assert.ok(there === zone || MAY_IMPORT[zone]!.includes(there), `${zone} may not import ${there} (${name})`)
  if (SEES_ONLY_THE_FRONT.includes(zone) && there === 'planner') {
    assert.equal(short(target), PLANNER_FRONT, `${zone} sees only ${PLANNER_FRONT}`)
  }
}

function checkPackage(file: string, name: string): void {
  const home = homeOf(name)
  const zone = zoneOf(file)
  if (home === undefined || zone === home || ALSO_AT_HOME[name]?.includes(zone)) return
  assert.fail(`${name} may only be used in ${home}, not in ${zone}`)
}

for (const file of files) {
  test(`${short(file)} keeps to its zone`, () => {
    const text = readFileSync(file, 'utf8')
    for (const name of importsOf(text)) {
      if (name.startsWith('.')) checkLocal(file, name)
      else checkPackage(file, name)
    }
    if (PURE.has(zoneOf(file)))
      assert.doesNotMatch(text, IMPURE, `${zoneOf(file)} is pure: clock and chance come in as arguments`)
    assert.doesNotMatch(short(file).split('/').at(-1)!, FORBIDDEN_NAMES, 'name the file after what it exports')
    assert.ok(text.split('\n').length <= 401, 'a file past 400 lines is split by meaning')
  })
}

test('every file is used by another', () => {
  const scripts = readdirSync('scripts')
    .filter((name) => name.endsWith('.ts'))
    .map((name) => resolve('scripts', name))
  const imported = new Set(
    [...files, ...scripts].flatMap((file) =>
      importsOf(readFileSync(file, 'utf8'))
        .filter((name) => name.startsWith('.'))
        .map((name) => resolve(dirname(file), name)),
    ),
  )
  const unused = files.filter((file) => !imported.has(file) && !ENTRIES.includes(short(file)))
  assert.deepEqual(unused.map(short), [])
})

test('no Druid or SQL word stands above the sources, the embedded log and the places that name them', () => {
  const allowed = ['sources', 'ingest', 'telemetry', '.']
  const offending = files.filter((file) => {
    if (allowed.includes(zoneOf(file))) return false
    return /\b(?:SELECT\s|GROUP BY|INSERT INTO|datasource|groupByQuery|timeseriesQuery)\b/.test(
      readFileSync(file, 'utf8'),
    )
  })
  assert.deepEqual(offending.map(short), [])
})

test('nothing imports api, rollup or telemetry but the composition root', () => {
  for (const file of files) {
    if (zoneOf(file) === '.') continue
    const zones = importsOf(readFileSync(file, 'utf8'))
      .filter((name) => name.startsWith('.'))
      .map((name) => zoneOf(resolve(dirname(file), name)))
    const foreign = zones.filter(
      (zone) => zone !== zoneOf(file) && ['api', 'rollup', 'telemetry', 'console'].includes(zone),
    )
    assert.deepEqual(foreign, [], short(file))
  }
})

test('tests mirror the source: every test file of a zone stands where its zone stands', () => {
  const testRoot = resolve('test')
  const known = new Set([
    'commands',
    'deploy',
    'conformance',
    'property',
    'stack',
    'reference',
    'faults',
    'scenarios',
    'clients',
  ])
  const zones = new Set(['.', ...Object.keys(MAY_IMPORT)])
  const strays = readdirSync(testRoot, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => name.split(sep).join('/'))
    .filter((name) => {
      const folder = dirname(name)
      return (
        !known.has(folder.split('/')[0]!) &&
        ![...zones].some((zone) => folder === zone || folder.startsWith(`${zone}/`))
      )
    })
  assert.deepEqual(strays, [])
})
