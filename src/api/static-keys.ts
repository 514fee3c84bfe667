import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LanewayError, LanewayErrors } from '../model/errors.ts'
import { ROLES, type Role } from './route-config.ts'

/** Who asks: a key's id and what it may do. */
export interface KeyHolder {
  readonly id: string
  readonly roles: ReadonlySet<Role>
}

export interface StaticKeys {
  /** Null for an unknown id as for a wrong secret; both take the same time. */
  find(id: string, secret: string): KeyHolder | null
}

const PREFIX = 'sha256.'

/**
 * `sha256.<hex>`. A plain hash, on purpose: `laneway keys` makes secrets of 192 random bits, which nobody can try
 * through, so a slow hash (scrypt) would add no safety, only a way to keep the processor busy with wrong keys.
 */
export const hashSecret = (secret: string): string => `${PREFIX}${digestOf(secret).toString('hex')}`

const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

interface StoredKey extends KeyHolder {
  readonly digest: Buffer
}

/** No secret has this digest: compared with when the id is unknown. */
const NOBODY = Buffer.alloc(32)

class KeyTable implements StaticKeys {
  readonly #keys: ReadonlyMap<string, StoredKey>

  constructor(keys: ReadonlyMap<string, StoredKey>) {
    this.#keys = keys
  }

  find(id: string, secret: string): KeyHolder | null {
    const key = this.#keys.get(id)
    const isRight = timingSafeEqual(digestOf(secret), key?.digest ?? NOBODY)
    return key && isRight ? { id: key.id, roles: key.roles } : null
  }
}

const LINE = /^([\w-]{1,64}):sha256\.([0-9a-f]{64}):([a-z,]+)$/

/**
 * Reads a file of keys, `id:hash:role,role` a line; empty lines and lines that start with # say nothing. Errors:
 * CONFIG_INVALID for every wrong line together, naming file and line and never what stands there.
 */
export function loadStaticKeys(path: string): StaticKeys {
  const keys = new Map<string, StoredKey>()
  const errors: LanewayError[] = []
  readText(path)
    .split(/\r?\n/)
    .forEach((text, i) => {
      const line = text.trim()
      if (line === '' || line.startsWith('#')) return
      const problem = addLine(line, keys)
      if (problem !== null) errors.push(invalid(`${path}:${i + 1}`, problem))
    })
  if (errors.length === 0 && keys.size === 0) errors.push(invalid(path, 'holds no key'))
  if (errors.length > 0) throw errors.length === 1 ? errors[0]! : new LanewayErrors(errors)
  return new KeyTable(keys)
}

/** What is wrong with the line; null when it was taken. */
function addLine(line: string, into: Map<string, StoredKey>): string | null {
  const match = LINE.exec(line)
  if (!match) return 'is not id:hash:role,role as "laneway keys" prints it'
  const [, id, hash, list] = match as unknown as [string, string, string, string]
  const roles = list.split(',')
  const unknown = roles.filter((role) => !isRole(role))
  if (unknown.length > 0) return `names no role: ${unknown.join(', ')}; roles are ${ROLES.join(', ')}`
  if (into.has(id)) return `has the id ${id} of an earlier line`
  into.set(id, { id, roles: new Set(roles.filter(isRole)), digest: Buffer.from(hash, 'hex') })
  return null
}

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalid(path, `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}`, cause)
  }
}

const invalid = (where: string, rule: string, cause?: unknown): LanewayError =>
  new LanewayError('CONFIG_INVALID', { detail: `${where} ${rule}`, configKey: 'keys.path', cause })
