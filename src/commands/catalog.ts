import { loadCatalogFiles } from '../catalog/catalog-files.ts'
import { type Command, configFlags, configOf } from './command.ts'
import { table } from './query.ts'

export const catalog: Command = {
  name: 'catalog',
  about: 'check catalog files: errors with file, line and key, else what they define',
  usage: 'laneway catalog check [--catalog PATH …]',
  flags: configFlags(),
  async run(flags, words) {
    if (words[0] !== 'check') throw new Error(`catalog ${words[0] ?? ''}: use "catalog check"`)
    const { datasets } = loadCatalogFiles(configOf(flags).config['catalog.paths'])
    for (const dataset of datasets.values()) {
      console.log(`${dataset.name}: ${dataset.metrics.size} metrics, ${dataset.rollups.size} rollups`)
      const rows = [...dataset.rollups.values()].map(({ name, grain, labels, defHash, keep }) => ({
        rollup: name,
        grain,
        labels: labels.join(' '),
        defHash,
        druid: keep.druidMs === null ? '' : 'keep.druid is accepted and not used by embedded parts',
      }))
      console.log(table(rows))
    }
    return 0
  },
}
