import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface KillOrder {
  /** Configuration keys. */
  readonly flags: Readonly<Record<string, unknown>>
  /** Dies `afterMs` after the `count`-th message of this phase; null: lives. */
  readonly kill: {
    readonly channel: string
    readonly phase: string
    readonly count: number
    readonly afterMs: number
  } | null
  readonly ignoreEpochs: boolean
}

export interface Child {
  readonly url: string
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>
  /** Whether it still runs. */
  alive(): boolean
  /** Kills it now (SIGKILL), or asks it to end (SIGTERM). */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** Starts a child; null when it was killed before it listened. `onMixed` gets the windows it saw mixed epochs in. */
export async function startChild(order: KillOrder, onMixed: (line: string) => void): Promise<Child | null> {
  const process_ = spawn(process.execPath, [`${import.meta.dirname}/kill-child.ts`], {
    env: { ...process.env, LANEWAY_KILL_CHILD: JSON.stringify(order) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(process_, 'exit').then(() => undefined)
  const url = await Promise.race([listening(process_, onMixed), gone.then(() => null)])
  if (url === null) {
    if (process_.exitCode) throw new Error(`the child ended with ${process_.exitCode} before it listened`)
    return null
  }
  const alive = () => process_.exitCode === null && process_.signalCode === null
  return {
    url,
    gone,
    alive,
    async end(signal) {
      if (alive()) process_.kill(signal)
      await gone
    },
  }
}

function listening(child: ChildProcess, onMixed: (line: string) => void): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [word, rest = ''] = [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)]
      if (word === 'listening') resolve(rest)
      else if (word === 'mixed') onMixed(rest)
    })
  })
}
