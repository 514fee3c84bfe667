import { existsSync, readFileSync } from 'node:fs'
import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { CONFIG_KEYS, type Config, type ConfigKey, type KeyDefinition } from './config-keys.ts'
import { LanewayError, LanewayErrors } from './model/errors.ts'

export type Origin = 'default' | 'file' | 'environment' | 'flag'

export interface EffectiveConfig {
  readonly config: Config
  readonly origins: Readonly<Record<ConfigKey, Origin>>
}

interface Said {
  readonly value: unknown
  readonly origin: Origin
  /** Where it was said, for errors. */
  readonly where: string
}

export interface ConfigInput {
  /** `laneway.yaml` when it exists and nothing else is said. */
  readonly file?: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** By full key name. */
  readonly flags: Readonly<Partial<Record<ConfigKey, unknown>>>
}

const KEYS = Object.keys(CONFIG_KEYS) as ConfigKey[]

/** `lanes.hot.queueMax` ▸ `LANEWAY_LANES_HOT_QUEUE_MAX`. */
export const environmentName = (key: ConfigKey): string =>
  `LANEWAY_${key
    .replaceAll('.', '_')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`

/**
 * Flag beats environment beats file beats default. Errors: CONFIG_INVALID for every unknown key and wrong value, all
 * together, each naming where it was said and what is allowed.
 */
export function loadConfig(input: ConfigInput): EffectiveConfig {
  const errors: LanewayError[] = []
  const fromFile = readFile(input.file, errors)
  const config: Record<string, unknown> = {}
  const origins: Record<string, Origin> = {}
  for (const key of KEYS) {
    const said = saidFor(key, input, fromFile)
    config[key] = said ? checked(key, said, errors) : CONFIG_KEYS[key].fallback
    origins[key] = said?.origin ?? 'default'
  }
  if (errors.length > 0) throw errors.length === 1 ? errors[0]! : new LanewayErrors(errors)
  return { config: Object.freeze(config) as unknown as Config, origins: origins as Record<ConfigKey, Origin> }
}

function saidFor(key: ConfigKey, input: ConfigInput, fromFile: ReadonlyMap<string, Said>): Said | undefined {
  const flag = input.flags[key]
  if (flag !== undefined) return { value: flag, origin: 'flag', where: 'command line' }
  const variable = environmentName(key)
  const value = input.environment[variable]
  if (value !== undefined) return { value, origin: 'environment', where: variable }
  return fromFile.get(key)
}

const invalid = (key: string, where: string, rule: string): LanewayError =>
  new LanewayError('CONFIG_INVALID', { detail: `${where}: ${key} ${rule}`, configKey: key })

function checked(key: ConfigKey, said: Said, errors: LanewayError[]): unknown {
  const definition: KeyDefinition = CONFIG_KEYS[key]
  const value = converted(definition, said.value)
  const rule = value === undefined ? `must be ${expected(definition)}` : rangeRule(definition, value)
  if (rule === null) return value
  errors.push(invalid(key, said.where, `${rule}, got ${JSON.stringify(said.value)}`))
  return definition.fallback
}

function converted(definition: KeyDefinition, value: unknown): unknown {
  switch (definition.kind) {
    case 'text':
      return typeof value === 'string' && value !== '' ? value : undefined
    case 'integer': {
      const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value.trim()) ? Number(value) : value
      return Number.isSafeInteger(number) ? number : undefined
    }
    case 'boolean':
      if (typeof value === 'boolean') return value
      return value === 'true' ? true : value === 'false' ? false : undefined
    case 'list':
      if (typeof value === 'string' && value !== '') return value.split(',').map((each) => each.trim())
      return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
  }
}

function rangeRule({ min, max }: KeyDefinition, value: unknown): string | null {
  if (typeof value !== 'number' || min === undefined || max === undefined) return null
  return value < min || value > max ? `must lie between ${min} and ${max}` : null
}

const expected = ({ kind, min, max }: KeyDefinition): string =>
  kind === 'integer'
    ? `an integer between ${min} and ${max}`
    : kind === 'boolean'
      ? 'true or false'
      : kind === 'list'
        ? 'a list of texts'
        : 'a text'

function readFile(file: string | undefined, errors: LanewayError[]): ReadonlyMap<string, Said> {
  const path = file ?? (existsSync('laneway.yaml') ? 'laneway.yaml' : null)
  const found = new Map<string, Said>()
  if (path === null) return found
  if (!existsSync(path)) {
    errors.push(invalid('--config', path, 'does not exist'))
    return found
  }
  const document = parseDocument(readFileSync(path, 'utf8'))
  for (const error of document.errors) errors.push(invalid('yaml', path, error.message.split('\n')[0]!))
  flatten(document.contents, '', path, found, errors)
  return found
}

function flatten(node: unknown, prefix: string, path: string, found: Map<string, Said>, errors: LanewayError[]): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      flatten(value, `${prefix}${prefix && '.'}${isScalar(key) ? key.value : key}`, path, found, errors)
    }
    return
  }
  if (prefix === '') return
  if (!(prefix in CONFIG_KEYS)) errors.push(invalid(prefix, path, 'is no configuration key; see docs/configuration.md'))
  const value = isScalar(node) ? node.value : isSeq(node) ? node.toJSON() : undefined
  found.set(prefix, { value, origin: 'file', where: path })
}
