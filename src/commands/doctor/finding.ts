export type FindingState = 'ok' | 'warn' | 'fail'

/** One thing that was looked at. */
export interface Finding {
  readonly name: string
  readonly state: FindingState
  readonly detail: string
  /** What to do; only with warn and fail. */
  readonly fix?: string
}

export const ok = (name: string, detail: string): Finding => ({ name, state: 'ok', detail })
export const warn = (name: string, detail: string, fix: string): Finding => ({ name, state: 'warn', detail, fix })
export const fail = (name: string, detail: string, fix: string): Finding => ({ name, state: 'fail', detail, fix })

/**
 *     ok    node     v24.21.0
 *     warn  keys     keys.txt can be read by others (mode 644)
 *                    fix: chmod 600 keys.txt
 */
export function findingsText(findings: readonly Finding[]): string {
  const names = Math.max(...findings.map(({ name }) => name.length))
  const margin = ' '.repeat(names + 8)
  return findings
    .flatMap(({ name, state, detail, fix }) => [
      `${state.padEnd(4)}  ${name.padEnd(names)}  ${detail.replaceAll('\n', `\n${margin}`)}`,
      ...(fix === undefined ? [] : [`${margin}fix: ${fix}`]),
    ])
    .join('\n')
}
