import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

/**
 * Which fields are selected below a field, by their path: `edges.node.points` ▸ how many there. What @skip or @include
 * may leave out counts as selected. The document's limits bound the walk.
 */
export function selectedBelow({ fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>) {
  const counts = new Map<string, number>()
  const walk = (set: SelectionSetNode | undefined, above: string): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const path = above === '' ? selection.name.value : `${above}.${selection.name.value}`
        counts.set(path, (counts.get(path) ?? 0) + 1)
        walk(selection.selectionSet, path)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, above)
      else walk(fragments[selection.name.value]?.selectionSet, above)
    }
  }
  for (const { selectionSet } of fieldNodes) walk(selectionSet, '')
  return new Selected(counts)
}

export class Selected {
  readonly #counts: ReadonlyMap<string, number>

  constructor(counts: ReadonlyMap<string, number>) {
    this.#counts = counts
  }

  has(...paths: readonly string[]): boolean {
    return paths.some((path) => this.#counts.has(path))
  }

  /** Fields that are selected directly below any of the paths. */
  childrenOf(...paths: readonly string[]): number {
    let sum = 0
    for (const [path, count] of this.#counts) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf('.')))
      if (paths.includes(parent)) sum += count
    }
    return sum
  }
}
