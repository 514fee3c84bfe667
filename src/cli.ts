import { runCommand } from './commands/run-command.ts'
import { terminalOf } from './commands/terminal.ts'

/** A reader that has seen enough (`| head`) is no failure. */
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1))

process.exitCode = await runCommand(process.argv.slice(2), terminalOf(process))
