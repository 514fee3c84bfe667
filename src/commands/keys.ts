import { randomBytes } from 'node:crypto'
import { hashSecret } from '../api/static-keys.ts'
import { type Command, textFlag } from './command.ts'

const ROLES = ['query', 'ingest', 'admin']

export const keys: Command = {
  name: 'keys',
  about: 'make an API key: prints the secret once and the line for the keys file',
  usage: `laneway keys --id NAME [--roles ${ROLES.join(',')}]`,
  flags: { id: { type: 'string' }, roles: { type: 'string' } },
  async run(flags) {
    const id = textFlag(flags, 'id')
    if (id === undefined || !/^[\w-]{1,64}$/.test(id))
      throw new Error('--id is missing: 1 to 64 letters, digits, _ or -')
    const roles = (textFlag(flags, 'roles') ?? 'query').split(',')
    const unknown = roles.filter((role) => !ROLES.includes(role))
    if (unknown.length > 0) throw new Error(`--roles ${unknown.join(',')}: use ${ROLES.join(', ')}`)
    const secret = randomBytes(24).toString('base64url')
    console.error(`secret, shown only now: ${secret}\nappend the next line to the file that keys.path names:`)
    console.log(`${id}:${hashSecret(secret)}:${roles.join(',')}`)
    return 0
  },
}
