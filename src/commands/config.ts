import type { ConfigKey } from '../config-keys.ts'
import { type Command, configFlags, configOf } from './command.ts'
import { table } from './query.ts'

export const config: Command = {
  name: 'config',
  about: 'print the effective configuration and where each value comes from',
  usage: 'laneway config [--json]',
  flags: { ...configFlags(), json: { type: 'boolean' } },
  async run(flags) {
    const { config, origins } = configOf(flags)
    const keys = Object.keys(config) as ConfigKey[]
    if (flags.json)
      console.log(
        JSON.stringify(
          keys.map((key) => ({ key, value: config[key], origin: origins[key] })),
          null,
          2,
        ),
      )
    else console.log(table(keys.map((key) => ({ key, current: JSON.stringify(config[key]), origin: origins[key] }))))
    return 0
  },
}
