import { loadCatalogFiles } from '../catalog/catalog-files.ts'
import type { CatalogVersion, DatasetDefinition } from '../model/definition.ts'
import { type Change, type ChangeKind, catalogChanges } from './catalog-changes.ts'
import { type Command, configFlags, configOf, type FlagValues, JSON_FLAG, wrongUsage } from './command.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const USAGE = 'laneway catalog check [PATH …] [--json]\nlaneway catalog diff OLD NEW [--json]'
const DIFFERENT = 3

export const catalog: Command = {
  name: 'catalog',
  about: 'check catalog files, or say what changes from one catalog to another',
  usage: USAGE,
  flags: { ...configFlags(), ...JSON_FLAG },
  exits: `${DIFFERENT} diff found a difference`,
  async run(flags, [word, ...paths], terminal) {
    if (word === 'check') return check(flags, paths, terminal)
    if (word === 'diff') return diff(flags, paths, terminal)
    throw wrongUsage(`catalog ${word ?? ''}: the things it does are check and diff`, USAGE)
  },
}

/** Errors: CATALOG_INVALID for every error of every file, with file, line and key. */
function check(flags: FlagValues, paths: readonly string[], terminal: Terminal): number {
  const { datasets } = loadCatalogFiles(paths.length > 0 ? paths : configOf(flags).config['catalog.paths'])
  const summaries = [...datasets.values()].map(summaryOf)
  if (flags.json) terminal.line(JSON.stringify(summaries, null, 2))
  else for (const summary of summaries) print(summary, terminal)
  return 0
}

const summaryOf = ({ name, metrics, rollups }: DatasetDefinition) => ({
  dataset: name,
  metrics: metrics.size,
  rollups: [...rollups.values()].map(({ name: rollup, grain, labels, defHash, measures, keep }) => ({
    rollup,
    grain,
    labels,
    measures: measures.length,
    defHash,
    // Said, so that nobody waits for a copy that nothing makes.
    druid: keep.druidMs === null ? '' : 'keep.druid is accepted and not used by embedded parts',
  })),
})

function print({ dataset, metrics, rollups }: ReturnType<typeof summaryOf>, terminal: Terminal): void {
  terminal.line(`${dataset}: ${metrics} metrics, ${rollups.length} rollups`)
  terminal.line(table(rollups.map((rollup) => ({ ...rollup, labels: rollup.labels.join(' ') }))))
}

function diff(flags: FlagValues, paths: readonly string[], terminal: Terminal): number {
  if (paths.length !== 2) throw wrongUsage(`catalog diff needs two paths, not ${paths.length}`, USAGE)
  const [old, next] = paths.map((path) => loadCatalogFiles([path])) as [CatalogVersion, CatalogVersion]
  const changes = catalogChanges(old, next)
  if (flags.json) terminal.line(JSON.stringify(changes, null, 2))
  else terminal.line(diffText(changes))
  return changes.length === 0 ? 0 : DIFFERENT
}

const SIGNS: Readonly<Record<ChangeKind, string>> = {
  added: '+',
  removed: '-',
  changed: '~',
  renamed: '~',
  'new version': '*',
}

function diffText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'no difference'
  const datasets = [...new Set(changes.map(({ dataset }) => dataset))]
  const blocks = datasets.map((name) => {
    const lines = changes.filter(({ dataset }) => dataset === name).flatMap(changeLines)
    return [name, ...lines.map((line) => `  ${line}`)].join('\n')
  })
  return [...blocks, sumText(changes)].join('\n')
}

function changeLines({ kind, what, name, fields, effect, defHash }: Change): string[] {
  const versions = defHash ? ` ${defHash.old} ▸ ${defHash.new}` : ''
  const details = fields.map((field) => `${field.field}: ${field.old} ▸ ${field.new}`)
  const all = effect === null ? details : [...details, effect]
  return [`${SIGNS[kind]} ${what} ${name} ${kind}${versions}`, ...all.map((line) => `    ${line}`)]
}

function sumText(changes: readonly Change[]): string {
  const counts = new Map<string, number>()
  for (const { what, kind } of changes) counts.set(`${what} ${kind}`, (counts.get(`${what} ${kind}`) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ')
}
