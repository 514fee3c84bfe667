import { statSync } from 'node:fs'
import type { Caller } from '../caller.ts'
import { type LoadedKeys, loadStaticKeys, type StaticKeys } from '../static-keys.ts'

/** Keys of a file that people edit while the service runs: a key that was taken out no longer opens anything. */
export class ReloadingKeys implements StaticKeys {
  readonly #path: string
  #keys: LoadedKeys
  #stamp: string

  /** Errors: those of loadStaticKeys. */
  constructor(path: string) {
    this.#path = path
    this.#stamp = stampOf(path)
    this.#keys = loadStaticKeys(path)
  }

  find(id: string, secret: string): Caller | null {
    return this.#keys.find(id, secret)
  }

  /**
   * How many keys there are now, when the file has changed since it was last looked at; else null. Errors: those of
   * loadStaticKeys, once for each change; the keys from before then go on.
   */
  refresh(): number | null {
    const stamp = stampOf(this.#path)
    if (stamp === this.#stamp) return null
    this.#stamp = stamp
    this.#keys = loadStaticKeys(this.#path)
    return this.#keys.callers.length
  }
}

/** Differs whenever the file may have: also when another one was put in its place. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : 'none'
}
