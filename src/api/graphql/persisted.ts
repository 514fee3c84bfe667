import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LanewayError } from '../../model/errors.ts'
import { scopeKey } from '../../model/scope.ts'
import type { Caller } from '../caller.ts'
import { shown } from '../shown.ts'

/** What a request says about the document it means: its text, its hash, or both. */
export interface MeantDocument {
  readonly query: string | undefined
  readonly sha256: string | undefined
}

export interface PersistedOptions {
  /** Documents that one caller's hashes stand for. */
  readonly persistedMax: number
  /** By hash, from a folder; everybody may ask for them. */
  readonly allowed: ReadonlyMap<string, string>
  readonly onlyAllowed: boolean
}

/** Text of all callers' documents together; beyond, what was asked for longest ago goes. */
const CHARACTERS_MAX = 16 * 1024 * 1024
const TEXTS_MAX = 10_000

/**
 * Documents by hash (automatic persisted queries): a client sends the hash alone, and the text once when it is not
 * known. A text is known to the caller and the rights that sent it, so that nobody learns what others ask.
 */
export class PersistedQueries {
  readonly #options: PersistedOptions
  /** In the order in which they were used. */
  readonly #texts = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  #characters = 0

  constructor(options: PersistedOptions) {
    this.#options = options
  }

  /** The text that is meant. Errors: FIELD_MISSING, FIELD_INVALID, FORBIDDEN, PERSISTED_QUERY_NOT_FOUND. */
  textOf({ query, sha256 }: MeantDocument, caller: Caller): string {
    if (query !== undefined) return this.#checked(query, sha256)
    if (sha256 === undefined) throw missing()
    const text = this.#options.allowed.get(sha256) ?? this.#known(callerKey(caller), sha256)
    if (text !== undefined) return text
    if (this.#options.onlyAllowed) throw notAllowed()
    throw new LanewayError('PERSISTED_QUERY_NOT_FOUND', {
      detail: `No document is known by the hash ${shown(sha256)}.`,
      pointer: '/extensions/persistedQuery/sha256Hash',
    })
  }

  #checked(query: string, sha256: string | undefined): string {
    const { allowed, onlyAllowed } = this.#options
    if (sha256 === undefined && !onlyAllowed) return query
    const hash = hashOf(query)
    if (sha256 !== undefined && sha256 !== hash) throw mismatch(sha256)
    if (onlyAllowed && !allowed.has(hash)) throw notAllowed()
    return query
  }

  /** Call it when the text turned out to be a document within the limits: what its hash stands for from now on. */
  keep({ query, sha256 }: MeantDocument, caller: Caller): void {
    if (query === undefined || sha256 === undefined || this.#options.allowed.has(sha256)) return
    this.#keep(callerKey(caller), sha256, query)
  }

  #known(caller: string, hash: string): string | undefined {
    const key = keyOf(caller, hash)
    const text = this.#texts.get(key)
    if (text === undefined) return undefined
    this.#texts.delete(key)
    this.#texts.set(key, text)
    return text
  }

  #keep(caller: string, hash: string, text: string): void {
    if (this.#known(caller, hash) !== undefined) return
    if ((this.#counts.get(caller) ?? 0) >= this.#options.persistedMax) this.#forgetOneOf(caller)
    this.#texts.set(keyOf(caller, hash), text)
    this.#counts.set(caller, (this.#counts.get(caller) ?? 0) + 1)
    this.#characters += text.length
    while (this.#characters > CHARACTERS_MAX || this.#texts.size > TEXTS_MAX) {
      this.#forget(this.#texts.keys().next().value!)
    }
  }

  #forgetOneOf(caller: string): void {
    const oldest = this.#texts.keys().find((key) => callerOfKey(key) === caller)
    if (oldest !== undefined) this.#forget(oldest)
  }

  #forget(key: string): void {
    const caller = callerOfKey(key)
    const left = this.#counts.get(caller)! - 1
    if (left > 0) this.#counts.set(caller, left)
    else this.#counts.delete(caller)
    this.#characters -= this.#texts.get(key)!.length
    this.#texts.delete(key)
  }
}

const HASH_CHARACTERS = 64
const keyOf = (caller: string, hash: string): string => `${hash}${caller}`
const callerOfKey = (key: string): string => key.slice(HASH_CHARACTERS)

/** Who, with which rights: a key that lost rights does not keep what it sent with them. */
const callerKey = ({ id, scope }: Caller): string => JSON.stringify([id, scopeKey(scope)])

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const missing = (): LanewayError =>
  new LanewayError('FIELD_MISSING', { detail: 'query is missing: it must be a text.', pointer: '/query' })

const mismatch = (sent: string): LanewayError =>
  new LanewayError('FIELD_INVALID', {
    detail: `extensions.persistedQuery.sha256Hash is not the SHA-256 of query, got ${shown(sent)}.`,
    pointer: '/extensions/persistedQuery/sha256Hash',
  })

const notAllowed = (): LanewayError =>
  new LanewayError('FORBIDDEN', {
    detail:
      'Only the documents of this service may be asked for, by their hashes or word for word; this is none of them.',
    hint: 'Add the document to the folder of graphql.persistedPath.',
    configKey: 'graphql.persistedOnly',
  })

/** Every `.graphql` file of a folder by its hash. Error: CONFIG_INVALID. */
export function readPersistedFolder(folder: string, check: (text: string) => void): ReadonlyMap<string, string> {
  try {
    const names = readdirSync(folder)
      .filter((name) => name.endsWith('.graphql'))
      .sort()
    return new Map(names.map((name) => readOne(join(folder, name), check)))
  } catch (cause) {
    if (cause instanceof LanewayError) throw cause
    throw unreadable(`${folder} cannot be read`, cause)
  }
}

function readOne(path: string, check: (text: string) => void): readonly [string, string] {
  const text = readFileSync(path, 'utf8')
  try {
    check(text)
  } catch (cause) {
    throw unreadable(`${path} is no document that may be asked for: ${(cause as Error).message}`, cause)
  }
  return [hashOf(text), text]
}

const unreadable = (detail: string, cause: unknown): LanewayError =>
  new LanewayError('CONFIG_INVALID', { detail, configKey: 'graphql.persistedPath', cause })
