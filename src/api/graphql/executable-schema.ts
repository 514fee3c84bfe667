import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  GraphQLScalarType,
  type GraphQLSchema,
} from 'graphql'
import type { GraphqlContext } from './context.ts'
import { SCALARS } from './scalars.ts'

const PATH = join(import.meta.dirname, '../../../schema.graphql')

export type Resolver = GraphQLFieldResolver<unknown, GraphqlContext>

export interface FieldCode {
  readonly resolve?: Resolver
  readonly subscribe?: Resolver
}

/** Type ▸ field ▸ what answers it. */
export type Resolvers = Readonly<Record<string, Readonly<Record<string, FieldCode>>>>

/** schema.graphql as it is committed. */
export const schemaText = (): string => readFileSync(PATH, 'utf8')

/** The contract with code behind it. Throws TypeError where one names what the other does not have. */
export function executableSchema(text: string, resolvers: Resolvers): GraphQLSchema {
  const schema = buildSchema(text)
  for (const [name, parts] of Object.entries(SCALARS)) Object.assign(scalarOf(schema, name), parts)
  for (const [name, fields] of Object.entries(resolvers)) {
    for (const [field, code] of Object.entries(fields)) Object.assign(fieldOf(schema, name, field), code)
  }
  return schema
}

function scalarOf(schema: GraphQLSchema, name: string): GraphQLScalarType {
  const type = schema.getType(name)
  if (type instanceof GraphQLScalarType) return type
  throw new TypeError(`schema.graphql has no scalar ${name}`)
}

function fieldOf(schema: GraphQLSchema, name: string, field: string): object {
  const type = schema.getType(name)
  const found = type instanceof GraphQLObjectType ? type.getFields()[field] : undefined
  if (found) return found
  throw new TypeError(`schema.graphql has no ${name}.${field}`)
}
