import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LanewayErrors } from '../model/errors.ts'
import { readKeyDocument } from './auth/key-document.ts'
import { readKeyLines } from './auth/key-lines.ts'
import { KeysDraft, keysInvalid, type StoredKey } from './auth/stored-key.ts'
import type { Caller } from './caller.ts'

export interface StaticKeys {
  /** Null for an unknown id as for a wrong secret; both take the same time. */
  find(id: string, secret: string): Caller | null
}

/** What a file of keys holds. */
export interface LoadedKeys extends StaticKeys {
  /** In the order of the file, without their hashes. */
  readonly callers: readonly Caller[]
}

const PREFIX = 'sha256.'

/**
 * `sha256.<hex>`. A plain hash, on purpose: `laneway keys` makes secrets of 192 random bits, which nobody can try
 * through, so a slow hash (scrypt) would add no safety, only a way to keep the processor busy with wrong keys.
 */
export const hashSecret = (secret: string): string => `${PREFIX}${digestOf(secret).toString('hex')}`

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** No secret has this digest: compared with when the id is unknown. */
const NOBODY = Buffer.alloc(32)

class KeyTable implements LoadedKeys {
  readonly callers: readonly Caller[]
  readonly #keys: ReadonlyMap<string, { readonly caller: Caller; readonly digest: Buffer }>

  constructor(stored: Iterable<StoredKey>) {
    const keys = [...stored].map(({ digest, ...caller }) => ({ caller, digest }))
    this.callers = keys.map(({ caller }) => caller)
    this.#keys = new Map(keys.map((key) => [key.caller.id, key]))
  }

  find(id: string, secret: string): Caller | null {
    const key = this.#keys.get(id)
    const isRight = timingSafeEqual(digestOf(secret), key?.digest ?? NOBODY)
    return key && isRight ? key.caller : null
  }
}

/**
 * Reads a file of keys: YAML when its name ends so, else `id:hash:role,role` a line. Errors: CONFIG_INVALID for
 * everything that is wrong together, naming file, line and field and never what stands there.
 */
export function loadStaticKeys(path: string): LoadedKeys {
  const draft = new KeysDraft()
  const read = /\.ya?ml$/i.test(path) ? readKeyDocument : readKeyLines
  read(path, readText(path), draft)
  if (draft.errors.length === 0 && draft.keys.size === 0) draft.wrong(path, 'holds no key')
  if (draft.errors.length > 0) throw draft.errors.length === 1 ? draft.errors[0]! : new LanewayErrors(draft.errors)
  return new KeyTable(draft.keys.values())
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw keysInvalid(path, `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`, cause)
  }
}
