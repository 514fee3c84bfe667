import { LanewayError } from '../../model/errors.ts'
import type { Caller } from '../caller.ts'

/** A key as a file has it: who holds it, and the sha256 of its secret. */
export interface StoredKey extends Caller {
  readonly digest: Buffer
}

export const KEY_ID = /^[\w-]{1,64}$/
export const KEY_HASH = /^sha256\.([0-9a-f]{64})$/

/** Keys of one file while it is read; says what is wrong by place and never by what stands there. */
export class KeysDraft {
  readonly keys = new Map<string, StoredKey>()
  readonly errors: LanewayError[] = []

  add(key: StoredKey, where: string): void {
    if (this.keys.has(key.id)) this.wrong(where, `has the id ${key.id} of an earlier key`)
    else this.keys.set(key.id, key)
  }

  wrong(where: string, rule: string): void {
    this.errors.push(keysInvalid(where, rule))
  }
}

export const keysInvalid = (where: string, rule: string, cause?: unknown): LanewayError =>
  new LanewayError('CONFIG_INVALID', { detail: `${where} ${rule}`, configKey: 'keys.path', cause })
