import { loadCatalogFiles } from '../catalog/catalog-files.ts'
import type { DatasetDefinition } from '../model/definition.ts'
import { LanewayError } from '../model/errors.ts'
import { type Command, configFlags, configOf } from './command.ts'
import { table } from './query.ts'

const USAGE = 'laneway catalog check [--catalog PATH …] [--json]'

export const catalog: Command = {
  name: 'catalog',
  about: 'check catalog files: errors with file, line and key, else what they define',
  usage: USAGE,
  flags: { ...configFlags(), json: { type: 'boolean' } },
  async run(flags, words) {
    if (words.length !== 1 || words[0] !== 'check') {
      throw new LanewayError('CONFIG_INVALID', {
        detail: `catalog ${words.join(' ')}: the one thing it does is check`,
        hint: USAGE,
      })
    }
    const summaries = [...loadCatalogFiles(configOf(flags).config['catalog.paths']).datasets.values()].map(summaryOf)
    if (flags.json) console.log(JSON.stringify(summaries, null, 2))
    else for (const summary of summaries) print(summary)
    return 0
  },
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

function print({ dataset, metrics, rollups }: ReturnType<typeof summaryOf>): void {
  console.log(`${dataset}: ${metrics} metrics, ${rollups.length} rollups`)
  console.log(table(rollups.map((rollup) => ({ ...rollup, labels: rollup.labels.join(' ') }))))
}
