import { allOf, evaluate, type Filter } from '../../../model/filter.ts'
import { type DefinitionRule, type Objection, PASS } from '../rule.ts'

/**
 * E3. The rollup's own filter is implied, conjunct by conjunct, by the question's top-level conjuncts:
 *   own env = 'prod',        question env = 'prod' AND x  ▸ passes, x is left to filter by
 *   own env IN (prod, test), question env = 'prod'        ▸ passes, env = 'prod' is left to filter by
 *   own env prefix 'pr',     question env = 'prod'        ▸ passes, as it would for a pattern that 'prod' matches
 *   own env = 'prod',        question env = 'prod' OR x   ▸ rejected, as without a filter
 */
export const FILTER_IMPLIED: DefinitionRule = {
  kind: 'definition',
  name: 'own filter implied',
  judge({ rollup }, { conjuncts }) {
    if (!rollup || rollup.conjuncts.size === 0) return PASS
    const objections: Objection[] = []
    for (const [key, own] of rollup.conjuncts) {
      if (conjuncts.has(key) || [...conjuncts.values()].some((each) => isWithin(each, own))) continue
      const label = 'label' in own ? { label: own.label } : {}
      const detail = () =>
        `${rollup.version.id} holds only what its own filter lets through; the question asks for more`
      objections.push({ code: 'ROLLUP_FILTER_NOT_IMPLIED', ...label, detail })
    }
    const left = [...conjuncts].filter(([key]) => !rollup.conjuncts.has(key)).map(([, each]) => each)
    return { objections, residual: { filter: allOf(left), pinned: rollup.told } }
  },
}

/** Each of the values asked for, on one label, passes the own conjunct. No other implication is looked for. */
function isWithin(asked: Filter, own: Filter): boolean {
  const inner = listOf(asked)
  if (!inner || !IMPLIED_BY_VALUES.has(own.kind) || !('label' in own) || inner.label !== own.label) return false
  return inner.values.every((value) => evaluate(own, () => value) === true)
}

const IMPLIED_BY_VALUES: ReadonlySet<Filter['kind']> = new Set(['eq', 'in', 'prefix', 'regex'])

function listOf(filter: Filter): { label: string; values: readonly string[] } | null {
  if (filter.kind === 'eq') return { label: filter.label, values: [filter.value] }
  return filter.kind === 'in' ? filter : null
}
