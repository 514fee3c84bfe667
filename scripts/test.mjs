// Runs the tests with Node's own runner and closes with `N passed, N failed`. Says loudly what it leaves out.
// usage: node scripts/test.mjs [--only browser|clients|faults|long|stack] [file …]
import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`Laneway needs Node 24; this is ${process.version}. "npm ci" brings Node 24: run this through npm.`)
  process.exit(2)
}

// Every test file is a process of its own: types stripped once are not stripped again.
process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.cache/laneway')

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
const KINDS = {
  browser: '.browser.test.ts',
  clients: '.clients.test.ts',
  faults: '.faults.test.ts',
  long: '.long.test.ts',
  stack: '.stack.test.ts',
}
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Outside clients that a test file of that kind may need; its first line says which: `// needs prometheus, python`. */
const CLIENTS = {
  prometheus: '/usr/bin/prometheus',
  python: '.cache/clients/python/installed',
  telemetrygen: '.cache/clients/bin/telemetrygen',
}
const missingOf = (file) =>
  (/^\/\/ needs (.+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '')
    .split(', ')
    .filter((name) => name && !existsSync(CLIENTS[name]))
const mayLack = values.only === 'clients' && !process.env.CI && process.env.LANEWAY_CLIENTS !== 'all'

const all = globSync('test/**/*.test.ts').sort()
const kindOf = (file) => Object.keys(KINDS).find((kind) => file.endsWith(KINDS[kind])) ?? 'unit'

function selected() {
  if (positionals.length > 0) return positionals
  if (values.only) return all.filter((file) => kindOf(file) === values.only && !(mayLack && missingOf(file).length > 0))
  return all.filter((file) => kindOf(file) === 'unit')
}

// The whole house first: what takes longest must not be left for the end.
const isLong = (file) => (/^test.(?:scenarios|conformance|planner|clients.(?:prometheus|schema))/.test(file) ? 0 : 1)
const files = selected().sort((a, b) => isLong(a) - isLong(b))
const left = positionals.length > 0 ? [] : all.filter((file) => !files.includes(file))
const why = {
  browser: CHROMIUM ? 'npm run test:browser' : 'no Chromium here: apt-get install chromium, then npm run test:browser',
  clients: mayLack ? 'see scripts/clients-setup.sh for what could not be installed' : 'npm run test:clients',
  faults: 'npm run test:faults',
  long: 'npm run test:long',
  stack: 'npm run test:stack',
  unit: 'npm test',
}

let passed = 0
let failed = 0
// One more than there are cores usually: tests that wait for a store leave theirs to others.
const stream = run({ files, concurrency: 3, timeout: values.only ? 900_000 : 110_000 })
stream.on('test:pass', ({ details }) => {
  if (details.type !== 'suite') passed++
})
stream.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') failed++
})
stream.compose(spec).pipe(process.stdout)
stream.once('end', () =>
  setImmediate(() => {
    for (const kind of new Set(left.map(kindOf))) {
      const names = left.filter((file) => kindOf(file) === kind)
      const which = names.length > 9 ? '' : `: ${names.join(', ')}`
      console.log(`\n!! LEFT OUT: ${names.length} ${kind} test file(s) (${why[kind]})${which}`)
    }
    console.log(`\n${passed} passed, ${failed} failed`)
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0
  }),
)
