import { parseArgs } from 'node:util'
import { LanewayError, LanewayErrors } from '../model/errors.ts'
import { type Command, type Flag, wrongUsage } from './command.ts'
import { COMMANDS } from './commands.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs what a command line says and resolves with its exit code: 0 done, 1 the question or the service failed, 2 the
 * command line or the configuration is wrong; commands may have further ones.
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatched(args, terminal)
  } catch (error) {
    terminal.progress('')
    return report(error, terminal)
  }
}

async function dispatched(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = 'help', ...rest] = args
  const command = COMMANDS.find((each) => each.name === name)
  if (!command) return overview(name, terminal)
  const { values, positionals } = parsed(command, rest)
  if (values.help) return help(command, terminal)
  return await command.run(values, positionals, terminal)
}

function parsed(command: Command, args: readonly string[]) {
  try {
    const options = { ...command.flags, help: { type: 'boolean', short: 'h' } as const }
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    // Node goes on about positional arguments; the first sentence says it.
    throw wrongUsage(`${command.name}: ${(cause as Error).message.split('. ')[0]}`, command.usage)
  }
}

function overview(name: string, terminal: Terminal): number {
  const asked = name === 'help' || name === '--help' || name === '-h'
  if (!asked) terminal.note(`laneway ${name}: no such command\n`)
  terminal.line('usage: laneway COMMAND [flags]   (laneway COMMAND --help)\n')
  for (const command of COMMANDS) terminal.line(`  ${command.name.padEnd(10)} ${command.about}`)
  return asked ? 0 : 2
}

function help(command: Command, terminal: Terminal): number {
  terminal.line(`${command.usage}\n  ${command.about}\n`)
  const flags = Object.entries(command.flags)
  const forms = flags.map(([name, flag]) => formOf(name, flag))
  const width = Math.max(...forms.map((form) => form.length))
  for (const [i, [, { about = '', multiple }]] of flags.entries()) {
    terminal.line(`  ${forms[i]!.padEnd(width)}  ${about}${multiple ? ' (may be repeated)' : ''}`.trimEnd())
  }
  terminal.line(`\nexit codes: 0 done, 1 failed, 2 wrong command line or configuration${more(command.exits)}`)
  return 0
}

const more = (exits: string | undefined): string => (exits === undefined ? '' : `; ${exits}`)

const formOf = (name: string, { type, value = 'VALUE' }: Flag): string =>
  type === 'string' ? `--${name} ${value}` : `--${name}`

function report(error: unknown, terminal: Terminal): number {
  const errors = error instanceof LanewayErrors ? error.errors : [error]
  for (const each of errors) {
    if (each instanceof LanewayError) terminal.note(`${each.code}: ${each.message}\n  ${each.hint}`)
    else terminal.note(each instanceof Error ? each.message : String(each))
  }
  return errors.some((each) => each instanceof LanewayError && each.kind === 'refuse') ? 2 : 1
}
