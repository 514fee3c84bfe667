import assert from 'node:assert/strict'
import type { FastifyInstance } from 'fastify'
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from 'graphql'
import { RECEIVED } from '../api-world.ts'

export interface SentError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly locations?: readonly object[]
  readonly extensions: {
    readonly code: string
    readonly status: number
    readonly detail: string
    readonly hint: string
    readonly pointer?: string
    readonly limit?: number
    readonly actual?: number
    readonly configKey?: string
  }
}

export interface Said {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors: readonly SentError[]
}

export interface Sending {
  readonly variables?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly extensions?: object
  readonly operationName?: string
}

/** The newer type, whose status says how it went. */
export const NEW = { accept: 'application/graphql-response+json' }

/** Asks by POST as a client does. */
export async function ask(
  app: FastifyInstance,
  query: string | undefined,
  { headers = {}, ...rest }: Sending = {},
): Promise<Said> {
  const payload = { ...(query === undefined ? {} : { query }), ...rest }
  const { statusCode, body, headers: sent } = await app.inject({ method: 'POST', url: '/graphql', payload, headers })
  return saidBy(statusCode, body, sent)
}

export function saidBy(status: number, text: string, headers: Readonly<Record<string, unknown>>): Said {
  const { data, errors = [] } = JSON.parse(text) as Pick<Said, 'data'> & { errors?: SentError[] }
  return {
    status,
    type: String(headers['content-type']),
    headers,
    text,
    ...(data === undefined ? {} : { data }),
    errors,
  }
}

/** The one error of an answer that has no data, or of its one field. */
export async function refusal(
  app: FastifyInstance,
  query: string,
  sending: Sending = {},
): Promise<SentError['extensions']> {
  const { errors, text } = await ask(app, query, sending)
  assert.equal(errors.length, 1, text)
  return errors[0]!.extensions
}

export async function introspected(app: FastifyInstance): Promise<GraphQLSchema> {
  const query = getIntrospectionQuery({
    inputValueDeprecation: true,
    specifiedByUrl: true,
    oneOf: true,
    schemaDescription: true,
  })
  const { data, errors } = await ask(app, query)
  assert.deepEqual(errors, [])
  return buildClientSchema(data as unknown as Parameters<typeof buildClientSchema>[0])
}

/** `timeseries(dataset: "cloud", input: {…}) {…}` of a small question that is right. */
export const timeseries = (selection: string, over = ''): string =>
  `timeseries(dataset: "cloud", input: { aggregations: [{ metric: "${RECEIVED}" }], granularity: PT1M, intervals: ["PT1H/now"]${over} }) { ${selection} }`
