import { type DefinitionRule, PASS, verdictOf } from '../rule.ts'

/** E1. Question about `cloud`: rollup `edge/topic_1m` ▸ rejected. (Versions that may be inactive, and callers that may not read one, will be told here.) */
export const RIGHT_DATASET: DefinitionRule = {
  kind: 'definition',
  name: 'right dataset',
  judge({ rollup }, { question }) {
    if (!rollup || rollup.version.dataset === question.dataset) return PASS
    const detail = () => `${rollup.version.id} belongs to another dataset than ${question.dataset}`
    return verdictOf([{ code: 'WRONG_DATASET', detail }])
  },
}
