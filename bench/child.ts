import { type ChildProcess, fork, type Serializable } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A file of this folder as a process of its own; it ends with its parent. */
export function start(name: string, nodeFlags: readonly string[] = []): ChildProcess {
  return fork(join(import.meta.dirname, name), [], {
    execArgv: [...process.execArgv, ...nodeFlags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

/** The next thing it says, after it was told something. Error: when it ends instead. */
export async function ask<T>(child: ChildProcess, message: Serializable | null): Promise<T> {
  const settled = new AbortController()
  const { signal } = settled
  const answered = once(child, 'message', { signal }) as Promise<[T]>
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`)
  })
  if (message !== null) child.send(message)
  try {
    const [answer] = await Promise.race([answered, ended])
    return answer
  } finally {
    settled.abort()
    await Promise.allSettled([answered, ended])
  }
}
