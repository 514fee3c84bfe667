import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { LanewayError } from '../../model/errors.ts'

const KEY_BYTES = 32
const KEY_BYTES_MAX = 4096

/**
 * The key that page tokens are signed with: read from the file, which is made when it is not there, so that tokens
 * outlive a restart. Gateways that share the file understand each other's tokens. Error: CONFIG_INVALID.
 */
export function openPagingKey(path: string): Uint8Array {
  try {
    writeFileSync(path, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, 'cannot be written', cause)
  }
  const key = readKey(path)
  if (key.byteLength >= KEY_BYTES && key.byteLength <= KEY_BYTES_MAX) return key
  throw unusable(path, `has ${key.byteLength} bytes; a key has ${KEY_BYTES} to ${KEY_BYTES_MAX}`)
}

function readKey(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw unusable(path, 'cannot be read', cause)
  }
}

const unusable = (path: string, why: string, cause?: unknown): LanewayError =>
  new LanewayError('CONFIG_INVALID', {
    detail: `paging.keyPath ${path} ${why}`,
    hint: 'Give a file with 32 random bytes, or the path of one that can be made.',
    configKey: 'paging.keyPath',
    ...(cause === undefined ? {} : { cause }),
  })
