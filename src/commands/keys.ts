import { randomBytes } from 'node:crypto'
import { readKeyDocument } from '../api/auth/key-document.ts'
import { isRole } from '../api/auth/roles.ts'
import { KEY_ID, KeysDraft } from '../api/auth/stored-key.ts'
import type { Caller } from '../api/caller.ts'
import { ROLES } from '../api/route-config.ts'
import { hashSecret, loadStaticKeys } from '../api/static-keys.ts'
import {
  type Command,
  configFlags,
  configOf,
  type FlagValues,
  JSON_FLAG,
  listFlag,
  textFlag,
  wrongUsage,
} from './command.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const USAGE = [
  'laneway keys add --id NAME [--roles query,export] [--tenant NAME] [--constraint LABEL=V1,V2] [--datasets A,B] >> keys.yaml',
  'laneway keys list [--keys FILE]',
  'laneway keys check [--keys FILE]',
].join('\n')

export const keys: Command = {
  name: 'keys',
  about: 'make an API key (its secret is shown once), list or check a file of keys',
  usage: USAGE,
  flags: {
    ...configFlags(),
    id: { type: 'string', value: 'NAME', about: 'who holds the key: 1 to 64 letters, digits, _ or -' },
    roles: { type: 'string', value: 'LIST', about: `roles, of ${ROLES.join(', ')}; query unless given` },
    tenant: { type: 'string', value: 'NAME', about: 'whose key it is' },
    constraint: {
      type: 'string',
      multiple: true,
      value: 'LABEL=V1,V2',
      about: 'values a label must have, resource.kafka.id=lkc-a',
    },
    datasets: { type: 'string', value: 'LIST', about: 'datasets that exist for the key; all unless given' },
    ...JSON_FLAG,
  },
  async run(flags, [word = 'add', ...rest], terminal) {
    if (rest.length > 0) throw wrongUsage(`keys ${word} takes flags only, not "${rest.join(' ')}"`, USAGE)
    if (word === 'add') return add(flags, terminal)
    if (word === 'list') return list(flags, terminal)
    if (word === 'check') return check(flags, terminal)
    throw wrongUsage(`keys ${word}: the things it does are add, list and check`, USAGE)
  },
}

interface NewKey {
  readonly id: string
  readonly roles: readonly string[]
  readonly tenant?: string
  readonly datasets?: readonly string[]
  readonly constraints?: Readonly<Record<string, readonly string[]>>
}

/** The entry goes to standard output, to be appended; the secret to standard error, so that no file gets it. */
function add(flags: FlagValues, terminal: Terminal): number {
  const key = newKeyOf(flags)
  const secret = randomBytes(24).toString('base64url')
  const entry = entryText(key, hashSecret(secret))
  refuseUnreadable(entry)
  if (flags.json) {
    terminal.line(JSON.stringify({ ...key, secret, entry }, null, 2))
    return 0
  }
  terminal.note(`secret of ${key.id}, shown only now: ${secret}`)
  terminal.note('the entry below belongs into the YAML file that keys.path names')
  terminal.line(entry)
  return 0
}

/** What a service would not take is not made. */
function refuseUnreadable(entry: string): void {
  const draft = new KeysDraft()
  readKeyDocument('entry', entry, draft)
  const [problem] = draft.errors
  if (problem) throw wrongUsage(problem.message.replace(/^entry:\d+: \[0\]\./, '--'), USAGE)
}

function newKeyOf(flags: FlagValues): NewKey {
  const id = textFlag(flags, 'id')
  if (id === undefined || !KEY_ID.test(id)) throw wrongUsage('--id is missing: 1 to 64 letters, digits, _ or -', USAGE)
  const roles = (textFlag(flags, 'roles') ?? 'query').split(',')
  const unknown = roles.filter((role) => !isRole(role))
  if (unknown.length > 0) throw wrongUsage(`--roles ${unknown.join(',')}: use ${ROLES.join(', ')}`, USAGE)
  const tenant = textFlag(flags, 'tenant')
  const datasets = textFlag(flags, 'datasets')
  const constraints = listFlag(flags, 'constraint').map(constraintOf)
  return {
    id,
    roles,
    ...(tenant === undefined ? {} : { tenant }),
    ...(datasets === undefined ? {} : { datasets: datasets.split(',') }),
    ...(constraints.length === 0 ? {} : { constraints: Object.fromEntries(constraints) }),
  }
}

function constraintOf(text: string): [string, readonly string[]] {
  const equals = text.indexOf('=')
  if (equals < 1 || equals === text.length - 1) throw wrongUsage(`--constraint ${text}: use LABEL=V1,V2`, USAGE)
  return [text.slice(0, equals), text.slice(equals + 1).split(',')]
}

/** One entry of a YAML list; JSON's texts and lists are YAML's too. */
function entryText({ id, roles, tenant, datasets, constraints }: NewKey, hash: string): string {
  const lines = [`- id: ${id}`, `  hash: ${hash}`, `  roles: ${JSON.stringify(roles)}`]
  if (tenant !== undefined) lines.push(`  tenant: ${JSON.stringify(tenant)}`)
  if (datasets !== undefined) lines.push(`  datasets: ${JSON.stringify(datasets)}`)
  if (constraints !== undefined) {
    lines.push('  constraints:')
    for (const [label, values] of Object.entries(constraints))
      lines.push(`    ${JSON.stringify(label)}: ${JSON.stringify(values)}`)
  }
  return lines.join('\n')
}

function list(flags: FlagValues, terminal: Terminal): number {
  const rows = loadStaticKeys(pathOf(flags)).callers.map(rowOf)
  if (flags.json) terminal.line(JSON.stringify(rows, null, 2))
  else
    terminal.line(table(rows.map(({ constraints, ...row }) => ({ ...row, constraints: JSON.stringify(constraints) }))))
  return 0
}

const rowOf = ({ id, roles, scope }: Caller) => ({
  id,
  roles: [...roles].join(','),
  tenant: scope.tenant,
  datasets: scope.datasets?.join(',') ?? 'all',
  constraints: Object.fromEntries(scope.constraints.map(({ label, values }) => [label, values])),
})

/** Errors: CONFIG_INVALID for everything that is wrong, with file, line and field. */
function check(flags: FlagValues, terminal: Terminal): number {
  const path = pathOf(flags)
  const { length } = loadStaticKeys(path).callers
  terminal.line(flags.json ? JSON.stringify({ path, keys: length }) : `${path}: ${length} keys`)
  return 0
}

function pathOf(flags: FlagValues): string {
  const path = configOf(flags).config['keys.path']
  if (path === null) throw wrongUsage('no file of keys: give --keys FILE, or set keys.path', USAGE)
  return path
}
