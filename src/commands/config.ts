import type { ConfigKey } from '../config-keys.ts'
import { type Command, configFlags, configOf, JSON_FLAG, refuseWords } from './command.ts'
import { table } from './table.ts'

export const config: Command = {
  name: 'config',
  about: 'print the effective configuration and where each value comes from',
  usage: 'laneway config [--json]',
  flags: { ...configFlags(), ...JSON_FLAG },
  async run(flags, words, terminal) {
    refuseWords(words, config)
    const { config: values, origins } = configOf(flags)
    const keys = Object.keys(values) as ConfigKey[]
    const rows = keys.map((key) => ({ key, value: values[key], origin: origins[key] }))
    if (flags.json) terminal.line(JSON.stringify(rows, null, 2))
    else terminal.line(table(rows.map(({ key, value, origin }) => ({ key, current: JSON.stringify(value), origin }))))
    return 0
  },
}
