import { z } from 'zod'
import { type CatalogFile, parseCatalogText } from '../../catalog/catalog-file.ts'
import { DATASET_NAME, LABEL_NAME } from '../../catalog/names.ts'
import { keyText, Problems } from '../../catalog/problems.ts'
import type { LanewayErrors } from '../../model/errors.ts'
import { scopeOf } from '../../model/scope.ts'
import { ROLES } from '../route-config.ts'
import { contradicting } from './roles.ts'
import { KEY_HASH, KEY_ID, type KeysDraft, type StoredKey } from './stored-key.ts'

const VALUES_MAX = 1000

const Value = z.string().min(1).max(255)
const Values = z.union([Value.transform((value) => [value]), z.array(Value).min(1).max(VALUES_MAX)])
const Amount = z.int().min(1).max(1e15)

const KeyShape = z.strictObject({
  id: z.string().regex(KEY_ID),
  hash: z.string().regex(KEY_HASH),
  roles: z.array(z.enum(ROLES)).min(1),
  tenant: z.string().min(1).max(255).optional(),
  datasets: z.array(z.string().regex(DATASET_NAME.pattern)).min(1).max(VALUES_MAX).optional(),
  constraints: z.record(z.string().regex(LABEL_NAME.pattern), Values).optional(),
  costPerMinuteMax: Amount.optional(),
  requestsPerMinuteMax: Amount.optional(),
})

/** What a field must be, in our words: a validator's own would repeat what stands there, which may be a secret. */
const RULES: Readonly<Record<string, string>> = {
  id: 'must be 1 to 64 letters, digits, _ or -',
  hash: 'must be the hash that "laneway keys add" prints, sha256. and 64 hex digits',
  roles: `must be a list of roles: ${ROLES.join(', ')}`,
  tenant: 'must be a text of 1 to 255 characters',
  datasets: `must be a list of 1 to ${VALUES_MAX} names of datasets`,
  constraints: `must be a map of labels (metric.… or resource.…) to a text or a list of 1 to ${VALUES_MAX} texts`,
  costPerMinuteMax: 'must be a whole number of at least 1',
  requestsPerMinuteMax: 'must be a whole number of at least 1',
}
const FIELDS = Object.keys(RULES).join(', ')

/** The long form: a YAML list of keys, each with what it may see and use up. */
export function readKeyDocument(path: string, text: string, draft: KeysDraft): void {
  const file = parsed(path, text, draft)
  if (file === null || file.content === null) return
  if (!Array.isArray(file.content)) draft.wrong(`${path}:1`, 'is no list of keys, each beginning with "- id:"')
  else for (const [i, raw] of file.content.entries()) readKey(raw, i, { file, draft })
}

/** A parser's message may show the text around a mistake, so only its line is kept. */
function parsed(path: string, text: string, draft: KeysDraft): CatalogFile | null {
  const problems = new Problems()
  const file = parseCatalogText(path, text, problems)
  if (file !== undefined) return file
  try {
    problems.throwIfAny()
  } catch (error) {
    const lines = (error as LanewayErrors).errors.map(({ message }) => /^:(\d+)/.exec(message.slice(path.length))?.[1])
    for (const line of new Set(lines)) draft.wrong(`${path}:${line ?? 1}`, 'is not valid YAML')
  }
  return null
}

const ABOUT_EVERYTHING =
  'is about everything there is and cannot be had with datasets or constraints; make another key for it'

interface Place {
  readonly file: CatalogFile
  readonly draft: KeysDraft
}

function readKey(raw: unknown, position: number, { file, draft }: Place): void {
  const where = (...key: readonly (string | number)[]) =>
    `${file.path}:${file.lineOf([position, ...key])}: ${keyText([position, ...key])}`
  const result = KeyShape.safeParse(raw)
  if (!result.success) {
    const fields = new Set(result.error.issues.map(({ path }) => path[0] as string | undefined))
    for (const field of fields) {
      if (field !== undefined && field in RULES) draft.wrong(where(field), RULES[field]!)
      else draft.wrong(where(), `must be a map with some of ${FIELDS}, and nothing else`)
    }
    return
  }
  const key = storedKey(result.data)
  const wrong = contradicting([...key.roles], key.scope)
  if (wrong.length === 0) draft.add(key, where('id'))
  else draft.wrong(where('roles'), `${wrong.join(', ')} ${ABOUT_EVERYTHING}`)
}

function storedKey({ id, hash, roles, tenant = '', datasets, ...given }: z.infer<typeof KeyShape>): StoredKey {
  const constraints = Object.entries(given.constraints ?? {}).map(([label, values]) => ({ label, values }))
  const { costPerMinuteMax, requestsPerMinuteMax } = given
  return {
    id,
    digest: Buffer.from(KEY_HASH.exec(hash)![1]!, 'hex'),
    roles: new Set(roles),
    scope: scopeOf(tenant, datasets ?? null, constraints),
    rates: {
      ...(costPerMinuteMax === undefined ? {} : { costPerMinuteMax }),
      ...(requestsPerMinuteMax === undefined ? {} : { requestsPerMinuteMax }),
    },
  }
}
