import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ErrorCode } from '../model/errors.ts'
import { documented, ERROR_CODES, OWN_ERRORS } from './documented.ts'
import { exampleError } from './example-errors.ts'
import type { RouteConfig } from './route-config.ts'
import { STATUS } from './status.ts'

const INFO = {
  title: 'Laneway',
  version: '2.0.0',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  description:
    'Metrics query gateway. Bodies and answers are those of Metrics API v2; our extensions are extra optional fields. Errors: docs/errors.md.',
}

/** What is looked at and changed of the document. */
interface Operation {
  readonly parameters?: { name: string }[]
  readonly responses: Readonly<Record<string, { content?: Record<string, { examples?: object }> }>>
  security?: readonly object[]
  [ERROR_CODES]?: readonly ErrorCode[]
  [OWN_ERRORS]?: Readonly<{ [code in ErrorCode]?: object }>
}
interface Document {
  paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { schemas?: Record<string, object>; examples?: Record<string, object> }
}

/** Collects the routes that are added after it. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'basic', description: 'API key and secret.' },
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Where auth.jwt.issuer is set.' },
        },
      },
    },
    convertConstToEnum: false,
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      const named = jsonSchemaTransformObject(document)
      finish(named as Document)
      return named
    },
  })
}

function finish(document: Document): void {
  document.paths = withNamedFiles(document.paths ?? {})
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))
  const shownCodes = new Set(operations.flatMap(sharedCodes))
  operations.forEach(finishOperation)
  const { components } = document
  if (!components) return
  components.examples = Object.fromEntries([...shownCodes].sort().map((code) => [code, { value: exampleError(code) }]))
  components.schemas = usedSchemas(components.schemas ?? {}, document.paths ?? {})
}

/** What a route takes as `*` has a name in OpenAPI: `/console/{*}` ▸ `/console/{file}`. */
function withNamedFiles(paths: NonNullable<Document['paths']>): NonNullable<Document['paths']> {
  for (const [path, operations] of Object.entries(paths)) {
    if (!path.includes('{*}')) continue
    for (const { parameters = [] } of Object.values(operations)) {
      for (const parameter of parameters) if (parameter.name === '*') parameter.name = 'file'
    }
  }
  return Object.fromEntries(Object.entries(paths).map(([path, each]) => [path.replace('{*}', '{file}'), each]))
}

/** Example errors of each status, and who needs a key. */
function finishOperation(operation: Operation): void {
  const codes = operation[ERROR_CODES] ?? []
  const own = operation[OWN_ERRORS] ?? {}
  delete operation[ERROR_CODES]
  delete operation[OWN_ERRORS]
  for (const [status, { content = {} }] of Object.entries(operation.responses)) {
    const fits = codes.filter((code) => String(STATUS[code]) === status)
    const json = content['application/json']
    const refer = (code: ErrorCode) => [
      code,
      own[code] ? { value: own[code] } : { $ref: `#/components/examples/${code}` },
    ]
    if (fits.length > 0 && json) json.examples = Object.fromEntries(fits.map(refer))
  }
  operation.security = codes.includes('UNAUTHENTICATED') ? [{ key: [] }, { token: [] }] : []
}

/** Codes whose examples stand among the components. */
const sharedCodes = ({ [ERROR_CODES]: codes = [], [OWN_ERRORS]: own = {} }: Operation): readonly ErrorCode[] =>
  codes.filter((code) => !own[code])

/** Every named schema is written as input and as output; only those that something refers to stay. */
function usedSchemas(schemas: Readonly<Record<string, object>>, paths: object): Record<string, object> {
  const used = new Set<string>()
  const waiting: object[] = [paths]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name!)) continue
      used.add(name!)
      waiting.push(schemas[name!] ?? {})
    }
  }
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
}

const TYPES = { yaml: 'application/yaml', json: 'application/json' } as const
const Contract = z.looseObject({ openapi: z.string() })

/** `/openapi.yaml` and `/openapi.json`: written when first asked for; the routes do not change after. */
export function contractRoutes(app: FastifyInstance): void {
  const written: { yaml?: string; json?: string } = {}
  const textOf = {
    yaml: () => (written.yaml ??= contractYaml(app)),
    json: () => (written.json ??= JSON.stringify(app.swagger())),
  }
  for (const kind of ['yaml', 'json'] as const) {
    const config: RouteConfig = { access: 'open' }
    const answers = { 200: { description: 'OpenAPI 3.1.', types: [TYPES[kind]], schema: Contract } }
    const operationId = kind === 'yaml' ? 'contractYaml' : 'contractJson'
    const schema = documented({ operationId, summary: `This contract as ${kind.toUpperCase()}`, answers, errors: [] })
    app.get(`/openapi.${kind}`, { config, schema }, async (_request, reply) =>
      reply.type(`${TYPES[kind]}; charset=utf-8`).send(textOf[kind]()),
    )
  }
}

/** openapi.yaml as it is committed and served. */
export const contractYaml = (app: FastifyInstance): string =>
  `# generated from src/api by \`npm run generate\`; do not edit\n${app.swagger({ yaml: true })}`
