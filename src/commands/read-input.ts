import { readFile } from 'node:fs/promises'
import { wrongUsage } from './command.ts'
import type { Terminal } from './terminal.ts'

const BYTES_MAX = 64 * 1024 * 1024

/** Text of a file, or of standard input for `-`. Error: CONFIG_INVALID. */
export async function readInput(path: string, { input }: Pick<Terminal, 'input'>): Promise<string> {
  if (path === '-') return await readAll(input)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw wrongUsage(`${path} cannot be read (${code})`, 'Name a file, or - for standard input.')
  }
}

async function readAll(input: Terminal['input']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    const piece = Buffer.from(chunk as Uint8Array)
    bytes += piece.length
    if (bytes > BYTES_MAX)
      throw wrongUsage(`standard input is longer than ${BYTES_MAX} bytes`, 'Ask for less at a time.')
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Error: CONFIG_INVALID, naming where it came from. */
export function readObject(text: string, from: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw wrongUsage(`${from} is not JSON: ${(cause as Error).message}`, 'Write it as the API takes and gives it.')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrongUsage(`${from} is not a JSON object`, 'Write it as the API takes and gives it.')
}
