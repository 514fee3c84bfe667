import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** What a command reads and writes, so that tests can look at it. */
export interface Terminal {
  /** A line of the answer, to standard output. */
  line(text: string): void
  /** A line about the answer, to standard error. */
  note(text: string): void
  /** Part of the answer as it is; resolves when more may be written. */
  write(chunk: string | Uint8Array): Promise<void>
  /** How far long work is: one line of standard error that renews itself, only where a person watches. Empty clears it. */
  progress(text: string): void
  /** Standard input. */
  readonly input: AsyncIterable<string | Uint8Array>
  readonly columns: number
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: () => number
}

interface Streams {
  readonly stdin: Readable
  readonly stdout: Writable & { readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

const COLUMNS = 100
/** Clears the line the cursor is on. */
const CLEAR = '\r\u001b[2K'

export function terminalOf({ stdin, stdout, stderr, env }: Streams): Terminal {
  let hasProgress = false
  const clear = () => {
    if (hasProgress) stderr.write(CLEAR)
    hasProgress = false
  }
  return {
    line(text) {
      clear()
      stdout.write(`${text}\n`)
    },
    note(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    async write(chunk) {
      clear()
      if (!stdout.write(chunk)) await once(stdout, 'drain')
    },
    progress(text) {
      if (!stderr.isTTY) return
      clear()
      if (text === '') return
      stderr.write(text)
      hasProgress = true
    },
    input: stdin,
    columns: stdout.columns ?? COLUMNS,
    environment: env,
    clock: Date.now,
  }
}
