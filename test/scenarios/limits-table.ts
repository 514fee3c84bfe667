import { CONFIG_KEYS, type ConfigKey } from '../../src/config-keys.ts'
import { CATALOG, INTAKE, WAITING } from './limits-of-intake.ts'
import { LISTS, QUESTIONS, REQUESTS } from './limits-of-questions.ts'
import { GRAPHQL, STREAMS } from './limits-of-streams.ts'
import type { Limit } from './limits-row.ts'

/** Every limit that can be crossed from outside. */
export const LIMITS: readonly Limit[] = [
  ...REQUESTS,
  ...QUESTIONS,
  ...LISTS,
  ...GRAPHQL,
  ...STREAMS,
  ...WAITING,
  ...INTAKE,
  ...CATALOG,
]

/** The gateway of the tests: every key at the value that its row names. */
export const tightConfig = (): Partial<Record<ConfigKey, unknown>> =>
  Object.fromEntries(LIMITS.filter(({ key, alone }) => key !== null && !alone).map(({ key, value }) => [key, value]))

/** The row of docs/limits.md. */
export function docRow({ what, key, value, unit, status, code }: Limit): string {
  const most = key === null ? value : CONFIG_KEYS[key].fallback
  const shown = `${typeof most === 'number' ? most.toLocaleString('en-US') : most} ${unit}`.trim()
  const answer = code.startsWith('points: ') ? `${status}, points rejected: ${code.slice(8)}` : `${status} \`${code}\``
  return `| ${what} | ${key === null ? 'fixed' : `\`${key}\``} | ${shown} | ${answer} |`
}
