import { type DefinitionRule, type Objection, PASS } from '../rule.ts'

/**
 * E2. Every group-by label is kept, or pinned by the rollup's own filter:
 *   group by topic, rollup keeps [cluster] ▸ rejected; own filter topic = 'a' that the question implies ▸ passes, all
 *   its rows are of topic a.
 */
export const LABELS_KEPT: DefinitionRule = {
  kind: 'definition',
  name: 'labels kept',
  judge({ rollup }, { groupLabels }, { pinned }) {
    if (!rollup) return PASS
    let objections: Objection[] | null = null
    for (const label of groupLabels) {
      if (rollup.kept.has(label) || Object.hasOwn(pinned, label)) continue
      const detail = () => `grouped by ${label}, which ${rollup.version.id} does not keep`
      objections = [...(objections ?? []), { code: 'LABEL_MISSING', label, detail }]
    }
    return objections ? { objections } : PASS
  },
}
