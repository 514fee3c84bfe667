import { type DefinitionRule, PASS, verdictOf } from '../rule.ts'

/** E11. The caller did not forbid it: `avoid: [push]` ▸ every rollup there is rejected; `use: [duckdb]` ▸ as well. */
export const ALLOWED: DefinitionRule = {
  kind: 'definition',
  name: 'allowed',
  judge({ source, rollup }, { question: { use, avoid } }) {
    if (use === null && avoid.length === 0) return PASS
    const names = rollup ? [source, rollup.version.id] : [source]
    const forbidden = names.find((name) => avoid.includes(name))
    if (forbidden !== undefined) {
      return verdictOf([{ code: 'DISABLED_BY_REQUEST', detail: () => `avoid names ${forbidden}` }])
    }
    if (use === null || names.some((name) => use.includes(name))) return PASS
    return verdictOf([{ code: 'DISABLED_BY_REQUEST', detail: () => `use names only ${use.join(', ') || 'nothing'}` }])
  },
}
