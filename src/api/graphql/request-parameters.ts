import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LanewayError } from '../../model/errors.ts'
import { shown } from '../shown.ts'
import { problemsOf } from '../zod-problems.ts'
import type { MeantDocument } from './persisted.ts'

export interface GraphqlParameters extends MeantDocument {
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
}

/** Checked and then read as it was sent: names in variables may be anything. */
const AnyMap = z.record(z.string(), z.unknown())

export const BodyParameters = z
  .object({
    query: z.string().nullish().describe('The document; may be left out where its hash is sent.'),
    operationName: z.string().nullish().describe('Which operation of the document.'),
    variables: AnyMap.nullish(),
    extensions: AnyMap.nullish().describe('`persistedQuery: {version: 1, sha256Hash}`: the hash of the document.'),
  })
  .meta({ id: 'GraphqlRequest', examples: [{ query: '{ metrics(dataset: "cloud") { nodes { name } } }' }] })

/** The same in a URL: maps as JSON. */
export const QueryParameters = z.object({
  query: z.string().optional(),
  operationName: z.string().optional(),
  variables: z.string().optional().describe('JSON.'),
  extensions: z.string().optional().describe('JSON.'),
})

const PersistedQuery = z.object({
  version: z.literal(1),
  sha256Hash: z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hex digits' }),
})

/** Of a POST with a JSON body, or of a message over WebSocket. Errors: FIELD_INVALID. */
export function readParameters(body: unknown): GraphqlParameters {
  const parsed = BodyParameters.safeParse(body)
  if (!parsed.success) throw problemsOf(parsed.error, body, 'body')
  const { query, operationName, variables, extensions } = body as z.infer<typeof BodyParameters>
  return {
    query: query ?? undefined,
    sha256: hashIn(extensions?.persistedQuery),
    variables: variables ?? {},
    operationName: operationName ?? undefined,
  }
}

/** Of a GET: variables and extensions are JSON texts. Errors: as above. */
export function readQuery(request: FastifyRequest): GraphqlParameters {
  const { variables, extensions, ...rest } = request.query as z.infer<typeof QueryParameters>
  return readParameters({
    ...rest,
    variables: jsonOf('variables', variables),
    extensions: jsonOf('extensions', extensions),
  })
}

function jsonOf(name: string, text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    const detail = `query parameter ${name} must be JSON, got ${shown(text)}.`
    throw new LanewayError('FIELD_INVALID', { detail, pointer: `/${name}`, cause })
  }
}

/** Error: FIELD_INVALID. */
function hashIn(persistedQuery: unknown): string | undefined {
  if (persistedQuery === undefined || persistedQuery === null) return undefined
  const parsed = PersistedQuery.safeParse(persistedQuery)
  if (parsed.success) return parsed.data.sha256Hash
  throw new LanewayError('FIELD_INVALID', {
    detail: 'extensions.persistedQuery must be {"version": 1, "sha256Hash": <64 hex digits>}.',
    pointer: '/extensions/persistedQuery',
  })
}

/** Error: FIELD_INVALID. Several requests in one would get around the limits of one. */
export async function refuseBatches({ body }: FastifyRequest): Promise<void> {
  if (!Array.isArray(body)) return
  throw new LanewayError('FIELD_INVALID', {
    detail: `the body must be an object, got ${shown(body)}: several requests in one are not taken.`,
    pointer: '',
    hint: 'Ask for several fields in one operation: sibling fields are answered together.',
  })
}
