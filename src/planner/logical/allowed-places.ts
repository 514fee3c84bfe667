import { compareText } from '../../model/label.ts'
import type { Asking } from './asking.ts'
import { listed, shown } from './problems.ts'

export interface AllowedPlaces {
  /** null = every place. */
  readonly use: readonly string[] | null
  readonly avoid: readonly string[]
}

/** `use` and `avoid`, sorted, each name once; every name must be a source or a `dataset/rollup` of the catalog. */
export function readPlaces(asking: Asking): AllowedPlaces {
  const { use, avoid = [] } = asking.request
  if (use?.length === 0) {
    const detail = 'use is empty, so nothing may answer; leave it out, or name sources or rollups'
    asking.problems.add('FIELD_INVALID', { detail, pointer: '/use' })
  }
  for (const [i, name] of (use ?? []).entries()) checkName(name, `/use/${i}`, asking)
  for (const [i, name] of avoid.entries()) checkName(name, `/avoid/${i}`, asking)
  return { use: use ? namesOf(use) : null, avoid: namesOf(avoid) }
}

export const namesOf = (names: readonly string[]): string[] => [...new Set(names)].sort(compareText)

function checkName(name: string, pointer: string, { catalog, dataset, sources, problems }: Asking): void {
  if (sources.includes(name) || isRollup(name, catalog)) return
  const rollups = [...(dataset?.rollups.values() ?? [])].map(({ id }) => id)
  const [, field, position] = pointer.split('/')
  problems.add('FIELD_INVALID', {
    detail: `${field}[${position}] ${shown(name)} is neither a source nor a rollup; there are: ${listed([...sources, ...rollups])}`,
    pointer,
  })
}

/** Also one of another dataset: the plan then says why it is of no use. */
function isRollup(name: string, catalog: Asking['catalog']): boolean {
  const slash = name.indexOf('/')
  return slash > 0 && catalog.datasets.get(name.slice(0, slash))?.rollups.has(name.slice(slash + 1)) === true
}
