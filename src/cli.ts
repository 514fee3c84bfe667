import { parseArgs } from 'node:util'
import { catalog } from './commands/catalog.ts'
import type { Command } from './commands/command.ts'
import { config } from './commands/config.ts'
import { demo } from './commands/demo.ts'
import { keys } from './commands/keys.ts'
import { query } from './commands/query.ts'
import { serve } from './commands/serve.ts'
import { LanewayError, LanewayErrors } from './model/errors.ts'

const COMMANDS: readonly Command[] = [serve, demo, query, catalog, keys, config]

/** Exit codes: 0 done, 1 the question or the service failed, 2 the command line or the configuration is wrong. */
async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args
  const command = COMMANDS.find((each) => each.name === name)
  if (!command) return overview(name)
  const { values, positionals } = parsed(command, rest)
  if (values.help) return help(command)
  return await command.run(values, positionals)
}

function parsed(command: Command, args: readonly string[]) {
  try {
    const options = { ...command.flags, help: { type: 'boolean', short: 'h' } as const }
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    throw new LanewayError('CONFIG_INVALID', { detail: `${(cause as Error).message}\n${command.usage}`, cause })
  }
}

function overview(name: string): number {
  const asked = name === 'help' || name === '--help' || name === '-h'
  if (!asked) console.error(`laneway ${name}: no such command\n`)
  console.log('usage: laneway COMMAND [flags]   (laneway COMMAND --help)\n')
  for (const command of COMMANDS) console.log(`  ${command.name.padEnd(10)} ${command.about}`)
  return asked ? 0 : 2
}

function help(command: Command): number {
  console.log(`${command.usage}\n  ${command.about}\n`)
  for (const [flag, { type, multiple }] of Object.entries(command.flags)) {
    console.log(`  --${flag}${type === 'string' ? ' …' : ''}${multiple ? '  (may be repeated)' : ''}`)
  }
  return 0
}

function report(error: unknown): number {
  const errors = error instanceof LanewayErrors ? error.errors : [error]
  for (const each of errors) {
    if (each instanceof LanewayError) console.error(`${each.code}: ${each.message}\n  ${each.hint}`)
    else console.error(each instanceof Error ? each.message : String(each))
  }
  return errors.some((each) => each instanceof LanewayError && each.kind === 'refuse') ? 2 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = report(error)
}
