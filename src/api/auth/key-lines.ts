import { UNSCOPED } from '../../model/scope.ts'
import { ROLES } from '../route-config.ts'
import { isRole } from './roles.ts'
import { KEY_HASH, KEY_ID, type KeysDraft } from './stored-key.ts'

/** The short form, `id:hash:role,role` a line: keys that see everything. Empty lines and lines that start with # say nothing. */
export function readKeyLines(path: string, text: string, draft: KeysDraft): void {
  text.split(/\r?\n/).forEach((raw, i) => {
    const line = raw.trim()
    if (line !== '' && !line.startsWith('#')) readLine(line, `${path}:${i + 1}`, draft)
  })
}

function readLine(line: string, where: string, draft: KeysDraft): void {
  const [, id = '', hash = '', list = ''] = /^([^:]*):([^:]*):([a-z,:]+)$/.exec(line) ?? []
  const digest = KEY_HASH.exec(hash)?.[1]
  const roles = list.split(',')
  if (!KEY_ID.test(id) || digest === undefined) draft.wrong(where, 'is not id:hash:role,role')
  else if (!roles.every(isRole)) draft.wrong(where, `names something that is no role; roles are ${ROLES.join(', ')}`)
  else draft.add({ id, roles: new Set(roles), scope: UNSCOPED, digest: Buffer.from(digest, 'hex') }, where)
}
