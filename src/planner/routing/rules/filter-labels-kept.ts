import { labelsOf } from '../../../model/filter.ts'
import { type DefinitionRule, type Objection, PASS } from '../rule.ts'

/**
 * E4. Every label of what is left of the filter is kept or pinned, whatever the filter's shape:
 *   topic = 'a' OR broker = '1', rollup keeps [topic] ▸ rejected as a whole: half a condition selects other rows.
 */
export const FILTER_LABELS_KEPT: DefinitionRule = {
  kind: 'definition',
  name: 'filter labels kept',
  judge({ rollup }, { question, filterLabels }, { filter, pinned }) {
    if (!rollup) return PASS
    let objections: Objection[] | null = null
    for (const label of filter === question.filter ? filterLabels : labelsOf(filter)) {
      if (rollup.kept.has(label) || Object.hasOwn(pinned, label)) continue
      const detail = () => `filtered by ${label}, which ${rollup.version.id} does not keep`
      objections = [...(objections ?? []), { code: 'FILTER_LABEL_MISSING', label, detail }]
    }
    return objections ? { objections } : PASS
  },
}
