import { runCommand } from '../../src/commands/run-command.ts'
import type { Terminal } from '../../src/commands/terminal.ts'

export interface Told {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Telling {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  readonly columns?: number
  readonly clock?: () => number
}

/** Runs a command line in this process and gathers what it writes. */
export async function laneway(args: readonly string[], telling: Telling = {}): Promise<Told> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    line: (text) => void (out += `${text}\n`),
    note: (text) => void (err += `${text}\n`),
    async write(chunk) {
      out += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    },
    progress: () => undefined,
    input: lines(telling.input ?? ''),
    columns: telling.columns ?? 80,
    environment: telling.environment ?? {},
    clock: telling.clock ?? Date.now,
  }
  return { code: await runCommand(args, terminal), out, err }
}

async function* lines(text: string): AsyncIterable<string> {
  if (text !== '') yield text
}
