/** What names may look like, in files and when they register themselves. `rule` goes on after "allowed:". */
export interface NameRule {
  readonly pattern: RegExp
  readonly rule: string
}

export const DATASET_NAME: NameRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
  rule: 'a letter, then letters, digits, _ and -, at most 63 characters',
}
export const METRIC_NAME: NameRule = {
  pattern: /^[^\p{C}]{1,255}$/u,
  rule: '1 to 255 characters, none of them a control character',
}
export const LABEL_NAME: NameRule = {
  pattern: /^(?:metric|resource)\.[^\p{C}]{1,246}$/u,
  rule: 'a name that starts with metric. or resource., at most 255 characters',
}
export const RESOURCE_TYPE: NameRule = {
  pattern: /^[a-z][a-z0-9_]{0,62}$/,
  rule: 'a small letter, then small letters, digits and _, at most 63 characters',
}
/** `auto_` is kept for the rollups that datasets without rollups get. */
export const ROLLUP_NAME: NameRule = {
  pattern: /^(?!auto_)[a-z][a-z0-9_]{0,62}$/,
  rule: 'a small letter, then small letters, digits and _, at most 63 characters, not starting with auto_',
}
