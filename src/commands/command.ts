import type { ParseArgsOptionsConfig } from 'node:util'
import { type EffectiveConfig, loadConfig } from '../config.ts'
import { CONFIG_KEYS, type ConfigKey, type KeyDefinition } from '../config-keys.ts'

export type FlagValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export interface Command {
  readonly name: string
  readonly about: string
  readonly usage: string
  readonly flags: ParseArgsOptionsConfig
  /** Resolves with the exit code. */
  run(flags: FlagValues, words: readonly string[]): Promise<number>
}

/** Flags of every configuration key that has one, and --config. */
export function configFlags(): ParseArgsOptionsConfig {
  const flags: ParseArgsOptionsConfig = { config: { type: 'string' } }
  for (const definition of Object.values(CONFIG_KEYS) as KeyDefinition[]) {
    if (definition.flag) flags[definition.flag] = { type: 'string', multiple: definition.kind === 'list' }
  }
  return flags
}

/** Effective configuration of a command line; `defaults` stand in for flags nobody gave. */
export function configOf(flags: FlagValues, defaults: Partial<Record<ConfigKey, unknown>> = {}): EffectiveConfig {
  const said: Partial<Record<ConfigKey, unknown>> = {}
  for (const [key, definition] of Object.entries(CONFIG_KEYS) as [ConfigKey, KeyDefinition][]) {
    const value = definition.flag === undefined ? undefined : flags[definition.flag]
    if (value !== undefined) said[key] = value
    else if (key in defaults) said[key] = defaults[key]
  }
  const file = flags.config
  return loadConfig({ environment: process.env, flags: said, ...(typeof file === 'string' ? { file } : {}) })
}

export const textFlag = (flags: FlagValues, name: string): string | undefined => {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}

export const listFlag = (flags: FlagValues, name: string): string[] => {
  const value = flags[name]
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String)
}
