import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { familyNames } from '../../src/api/export/export-names.ts'
import { loadCatalogFiles } from '../../src/catalog/catalog-files.ts'

interface RuleGroup {
  readonly name: string
  readonly rules: readonly {
    readonly record?: string
    readonly alert?: string
    readonly expr: string
    readonly annotations?: Readonly<Record<string, string>>
  }[]
}

export const readRules = (name: string): readonly RuleGroup[] =>
  parse(readFileSync(`deploy/prometheus/${name}`, 'utf8')).groups

/** What Prometheus gives every target, and what expressions of ours use. */
const OF_PROMETHEUS = ['up']
/** Exports tell it only when there is something to tell. */
const OF_EXPORTS = ['laneway_export_truncated']

/** Every series name there is: own metrics as their page lists them, exports of the shipped catalog, recorded ones. */
export function knownNames(): ReadonlySet<string> {
  const page = readFileSync('docs/own-metrics.md', 'utf8')
  const own = [...page.matchAll(/`((?:laneway|process|nodejs)_\w+)`/g)].flatMap(([, name]) => [name!, `${name}_bucket`])
  const metrics = [...loadCatalogFiles(['catalog']).datasets.values()].flatMap((each) => [...each.metrics.values()])
  const deltas = familyNames(
    metrics.map((metric) => ({ metric, counted: 'delta' })),
    'underscores',
  )
  const recorded = readRules('recording.rules.yml').flatMap(({ rules }) => rules.map(({ record }) => record ?? ''))
  return new Set([...OF_PROMETHEUS, ...OF_EXPORTS, ...own, ...deltas.values(), ...recorded])
}

const WORDS = ['by', 'without', 'and', 'or', 'unless', 'on', 'ignoring', 'offset', 'bool', 'group_left', 'le']

/** Names of series in a PromQL expression: what is left without texts, matchers, ranges, lists of labels and functions. */
export function namesIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/#.*$/gm, '')
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ')
  const names = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([name]) => name)
  const functions = new Set([...bare.matchAll(/([a-zA-Z_]\w*)\s*\(/g)].map(([, name]) => name))
  return names.filter((name) => !WORDS.includes(name) && !functions.has(name) && !isPartOfFunction(name, functions))
}

/** A negative lookahead lets `su` of `sum(` through. */
const isPartOfFunction = (name: string, functions: ReadonlySet<string | undefined>): boolean =>
  [...functions].some((each) => each?.startsWith(name) && each !== name)
