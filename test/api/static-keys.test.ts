import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hashSecret, loadStaticKeys } from '../../src/api/static-keys.ts'
import { type LanewayError, LanewayErrors } from '../../src/model/errors.ts'
import { UNSCOPED } from '../../src/model/scope.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-keys-'))
after(() => rmSync(folder, { recursive: true }))

function load(name: string, ...lines: string[]) {
  const path = join(folder, name)
  writeFileSync(path, lines.join('\n'))
  return loadStaticKeys(path)
}

/** What is wrong with a file, without its path. */
function problems(name: string, ...lines: string[]): string[] {
  try {
    load(name, ...lines)
  } catch (error) {
    const errors = error instanceof LanewayErrors ? error.errors : [error as LanewayError]
    assert.ok(errors.every(({ code }) => code === 'CONFIG_INVALID'))
    return errors.map(({ message }) => message.slice(join(folder, name).length))
  }
  return assert.fail('was taken')
}

const line = (id: string, secret: string, roles: string) => `${id}:${hashSecret(secret)}:${roles}`
const entry = (id: string, ...more: string[]) => [
  `- id: ${id}`,
  `  hash: ${hashSecret(`secret of ${id}`)}`,
  ...more.map((each) => `  ${each}`),
]

test('a key is found by its id and its secret alone', () => {
  const keys = load(
    'keys',
    '# people',
    '',
    line('ann', 's1', 'query'),
    `  ${line('bob', 's2', 'ingest,adhoc:all')}  `,
    '',
  )
  assert.deepEqual(keys.find('ann', 's1'), { id: 'ann', roles: new Set(['query']), scope: UNSCOPED })
  assert.deepEqual(keys.find('bob', 's2')!.roles, new Set(['ingest', 'adhoc:all']))
  for (const [id, secret] of [
    ['ann', 's2'],
    ['ann', ''],
    ['ann', hashSecret('s1')],
    ['eve', 's1'],
    ['', ''],
    ['__proto__', ''],
  ]) {
    assert.equal(keys.find(id!, secret!), null)
  }
})

test('files from other systems, with their line ends, are read', () => {
  assert.ok(load('keys', `${line('ann', 's1', 'query')}\r\n# end\r\n`).find('ann', 's1'))
})

test('a hash does not hold its secret', () => {
  assert.match(hashSecret('open sesame'), /^sha256\.[0-9a-f]{64}$/)
  assert.doesNotMatch(hashSecret('open sesame'), /sesame/)
})

test('every wrong line is named with file and line, and without what stands there', () => {
  const right = line('ann', 's1', 'query')
  const found = problems(
    'keys',
    right,
    'nonsense',
    'eve:plainsecret:query',
    line('bob', 's', 'reader,query'),
    right,
    line('x y', 's', 'query'),
    `z:${hashSecret('s')}:`,
  )
  assert.deepEqual(
    found.map((text) => text.slice(0, 2)),
    [2, 3, 4, 5, 6, 7].map((number) => `:${number}`),
  )
  assert.match(found[2]!, /no role; roles are query, export, support, adhoc, adhoc:all, ingest, admin/)
  assert.match(found[3]!, /id ann of an earlier key/)
  assert.doesNotMatch(found.join(), /plainsecret|reader|sha256\.[0-9a-f]/)
})

test('a YAML file says more: tenant, datasets, constraints and rates', () => {
  const keys = load(
    'keys.yaml',
    '# who may ask',
    ...entry('ann', 'roles: [query, export]', 'tenant: t1', 'datasets: [edge, cloud]', 'costPerMinuteMax: 500'),
    ...entry(
      'bob',
      'roles: [support]',
      'constraints:',
      '  resource.kafka.id: [lkc-2, lkc-1]',
      '  metric.env: prod # one',
    ),
    ...entry('adm', 'roles: [admin]'),
  )
  assert.deepEqual(keys.find('ann', 'secret of ann'), {
    id: 'ann',
    roles: new Set(['query', 'export']),
    scope: { tenant: 't1', datasets: ['cloud', 'edge'], constraints: [] },
    rates: { costPerMinuteMax: 500 },
  })
  assert.deepEqual(keys.find('bob', 'secret of bob')!.scope.constraints, [
    { label: 'metric.env', values: ['prod'] },
    { label: 'resource.kafka.id', values: ['lkc-1', 'lkc-2'] },
  ])
  assert.deepEqual(keys.find('adm', 'secret of adm')!.scope, UNSCOPED)
  assert.equal(keys.find('adm', 'secret of ann'), null)
  assert.deepEqual(
    keys.callers.map(({ id }) => id),
    ['ann', 'bob', 'adm'],
  )
  assert.ok(!JSON.stringify(keys.callers).includes('digest'))
})

test('every wrong field of a YAML file is named with line and field, and without what stands there', () => {
  const secret = 'hunter2'
  const found = problems(
    'keys.yaml',
    ...['- id: ann', `  hash: ${secret}`, '  roles: [query]'],
    ...entry('b b', 'roles: [reader]'),
    ...entry('cat', 'roles: [query]', 'constraints: { kafka.id: x }'),
    ...entry('dan', 'roles: [query]', 'constraints: { metric.x: [] }', 'costPerMinuteMax: -1'),
    ...entry('eve', 'roles: [query]', `${secret}: 1`),
    ...entry('fay', 'roles: [query]'),
    ...entry('fay', 'roles: [query]'),
    `- ${secret}`,
  )
  assert.deepEqual(
    found.map((text) => /^:(\d+): (\S+)/.exec(text)!.slice(1).join(' ')),
    [
      '2 [0].hash:',
      '4 [1].id:',
      '6 [1].roles:',
      '10 [2].constraints:',
      '14 [3].constraints:',
      '15 [3].costPerMinuteMax:',
    ]
      .concat(['16 [4]:', '23 [6].id', '26 [7]:'])
      .map((text) => text.replace(/:$/, '')),
  )
  assert.doesNotMatch(found.join(), new RegExp(`${secret}|reader|b b|sha256\\.[0-9a-f]`))
})

test('roles over everything there is cannot be had together with constraints', () => {
  for (const role of ['ingest', 'admin', 'adhoc:all']) {
    const [problem, ...others] = problems('k.yml', ...entry('ann', `roles: [query, "${role}"]`, 'datasets: [cloud]'))
    assert.match(problem!, new RegExp(`^:3: \\[0\\]\\.roles ${role} is about everything`))
    assert.deepEqual(others, [])
  }
})

test('YAML that cannot be read is said by its line, never by what stands there', () => {
  const found = problems('keys.yaml', ...entry('ann', 'roles: [query]'), '- id: *hunter2', '- "hunter2', '')
  assert.ok(found.length > 0)
  assert.ok(
    found.every((text) => /^:\d+ is not valid YAML$/.test(text)),
    found.join(),
  )
})

test('a file that is missing, no list, or holds no key is said', () => {
  assert.match(problems('keys', '# nobody')[0]!, /holds no key/)
  assert.match(problems('keys.yaml', '# nobody')[0]!, /holds no key/)
  assert.match(problems('keys.yaml', 'keys: 1')[0]!, /^:1 is no list of keys/)
  assert.throws(() => loadStaticKeys(join(folder, 'none')), /none cannot be read: ENOENT/)
})
