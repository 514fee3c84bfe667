import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

/** What an operation comes to when every fragment stands wherever it is spread. */
export interface DocumentSize {
  readonly depth: number
  readonly aliases: number
  /** Fields, those of a connection's entries times its `first`. */
  readonly cost: number
  /** Names down to the deepest field. */
  readonly deepest: string
  /** The top field that costs most. */
  readonly costliest: string
}

type Variables = Readonly<Record<string, unknown>>

/** Where a connection says nothing. */
const FIRST_DEFAULT = 100
const ENTRIES = new Set(['edges', 'nodes', 'groups'])

/**
 * A selection set, measured once whatever stands around it: `cost = once + entries × each`, where `entries` is the
 * `first` of the field that has the set.
 */
interface Measured {
  readonly depth: number
  readonly aliases: number
  readonly once: number
  readonly each: number
  readonly deepest: string
}

const NOTHING: Measured = { depth: 0, aliases: 0, once: 0, each: 0, deepest: '' }

/**
 * Measures before anything is validated or run. Every fragment is measured once, so that a few that spread each other
 * many times take no longer than they are long; a circle counts nothing and is left to validation.
 */
export function sizeOf(operation: OperationDefinitionNode, document: DocumentNode, variables: Variables): DocumentSize {
  const measure = new Measure(document, { ...defaultsOf(operation), ...variables })
  const { depth, aliases, once, each, deepest } = measure.set(operation.selectionSet)
  return { depth, aliases, cost: once + each, deepest, costliest: measure.costliestOf(operation.selectionSet) }
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  const numbers = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)] as const] : [],
  )
  return Object.fromEntries(numbers)
}

class Measure {
  readonly #fragments = new Map<string, FragmentDefinitionNode>()
  readonly #measured = new Map<string, Measured>()
  readonly #variables: Variables

  constructor({ definitions }: DocumentNode, variables: Variables) {
    this.#variables = variables
    for (const one of definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(one.name.value, one)
  }

  set(set: SelectionSetNode | undefined): Measured {
    const sum = { ...NOTHING }
    for (const selection of set?.selections ?? []) {
      const one = this.#selection(selection)
      if (one.depth > sum.depth) Object.assign(sum, { depth: one.depth, deepest: one.deepest })
      sum.aliases += one.aliases
      sum.once += one.once
      sum.each += one.each
    }
    return sum
  }

  costliestOf({ selections }: SelectionSetNode): string {
    const fields = selections.filter((selection) => selection.kind === Kind.FIELD)
    const costs = fields.map((field) => ({ name: (field.alias ?? field.name).value, cost: this.#field(field).once }))
    return costs.sort((a, b) => b.cost - a.cost)[0]?.name ?? 'a fragment'
  }

  #selection(selection: SelectionSetNode['selections'][number]): Measured {
    if (selection.kind === Kind.FIELD) return this.#field(selection)
    return selection.kind === Kind.INLINE_FRAGMENT
      ? this.set(selection.selectionSet)
      : this.#fragment(selection.name.value)
  }

  #field(field: FieldNode): Measured {
    const name = field.name.value
    const inner = this.set(field.selectionSet)
    const cost = 1 + inner.once + this.#firstOf(field) * inner.each
    const isEntries = ENTRIES.has(name)
    return {
      depth: inner.depth + 1,
      aliases: inner.aliases + (field.alias ? 1 : 0),
      once: isEntries ? 0 : cost,
      each: isEntries ? cost : 0,
      deepest: inner.deepest === '' ? name : `${name}.${inner.deepest}`,
    }
  }

  #fragment(name: string): Measured {
    const known = this.#measured.get(name)
    if (known) return known
    this.#measured.set(name, NOTHING)
    const measured = this.set(this.#fragments.get(name)?.selectionSet)
    this.#measured.set(name, measured)
    return measured
  }

  /** What is no whole number fails when arguments are checked. */
  #firstOf({ arguments: given = [] }: FieldNode): number {
    const value = given.find((each) => each.name.value === 'first')?.value
    const first = value?.kind === Kind.INT ? Number(value.value) : value
    const known = value?.kind === Kind.VARIABLE ? this.#variables[value.name.value] : first
    return typeof known === 'number' ? Math.max(1, known) : FIRST_DEFAULT
  }
}
