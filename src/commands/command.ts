import { type EffectiveConfig, loadConfig } from '../config.ts'
import { CONFIG_KEYS, type ConfigKey, type KeyDefinition } from '../config-keys.ts'
import { LanewayError } from '../model/errors.ts'
import type { Terminal } from './terminal.ts'

export type FlagValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** How help writes its value: `NAME`. */
  readonly value?: string
  /** One line of help. */
  readonly about?: string
}

export type Flags = Readonly<Record<string, Flag>>

export interface Command {
  readonly name: string
  readonly about: string
  /** One line, or several ways of calling it. */
  readonly usage: string
  readonly flags: Flags
  /** What exit codes say beyond 0 done, 1 failed, 2 wrong command line or configuration. */
  readonly exits?: string
  /** Resolves with the exit code. */
  run(flags: FlagValues, words: readonly string[], terminal: Terminal): Promise<number>
}

export const JSON_FLAG: Flags = {
  json: { type: 'boolean', about: 'print JSON for programs instead of text for people' },
}

/** Flags of every configuration key that has one, and --config. */
export function configFlags(): Flags {
  const flags: Record<string, Flag> = {
    config: { type: 'string', value: 'FILE', about: 'configuration file; laneway.yaml when it is there' },
  }
  for (const [key, { flag, kind, about }] of Object.entries(CONFIG_KEYS) as [ConfigKey, KeyDefinition][]) {
    if (flag === undefined) continue
    const value = kind === 'integer' ? 'NUMBER' : kind === 'list' ? 'PATH' : 'TEXT'
    flags[flag] = { type: 'string', multiple: kind === 'list', value, about: `${about} (${key})` }
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

/** A command line that cannot be meant: exit code 2. */
export const wrongUsage = (detail: string, hint: string): LanewayError =>
  new LanewayError('CONFIG_INVALID', { detail, hint })

export function refuseWords(words: readonly string[], { name, usage }: Pick<Command, 'name' | 'usage'>): void {
  if (words.length > 0) throw wrongUsage(`${name} takes flags only, not "${words.join(' ')}"`, usage)
}
