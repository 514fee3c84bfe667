/** How names beyond the classic characters are written, as scraper and target agree on it. */
export const ESCAPINGS = ['allow-utf-8', 'underscores', 'dots', 'values'] as const
export type Escaping = (typeof ESCAPINGS)[number]

export type NameKind = 'metric' | 'label'

const CLASSIC: Readonly<Record<NameKind, RegExp>> = {
  metric: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/,
  label: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
}

/** Whether the name can be written without quotes. */
export const isClassic = (name: string, kind: NameKind): boolean => CLASSIC[kind].test(name)

/**
 * A name under a scheme (prometheus.io/docs/instrumenting/escaping_schemes):
 *
 *                    a.b_c/d           1x
 *     allow-utf-8    a.b_c/d           1x              written in quotes
 *     underscores    a_b_c_d           _x
 *     dots           a_dot_b__c__d     __x             dots and underscores can be told apart again
 *     values         U__a_2e_b__c_2f_d U___31_x        all can be told apart again
 *
 * Colons belong to metric names only.
 */
export function escapeName(name: string, escaping: Escaping, kind: NameKind): string {
  switch (escaping) {
    case 'allow-utf-8':
      return name
    case 'underscores':
      return isClassic(name, kind) ? name : replaced(name, kind, () => '_')
    case 'dots':
      return replaced(name, kind, (character) => (character === '.' ? '_dot_' : '__'), '__')
    case 'values':
      return isClassic(name, kind) ? name : `U__${replaced(name, kind, codeText, '__')}`
  }
}

const codeText = (character: string): string => `_${character.codePointAt(0)!.toString(16)}_`

/** Each character that may not stand where it does, replaced; underscores too where the scheme doubles them. */
function replaced(name: string, kind: NameKind, replace: (character: string) => string, underscore = '_'): string {
  let text = ''
  let first = true
  for (const character of name) {
    if (character === '_') text += underscore
    else text += isAllowed(character, kind, first) ? character : replace(character)
    first = false
  }
  return text
}

const isAllowed = (character: string, kind: NameKind, first: boolean): boolean =>
  /^[a-zA-Z]$/.test(character) || (character === ':' && kind === 'metric') || (!first && /^[0-9]$/.test(character))
