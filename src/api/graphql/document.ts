import {
  type DocumentNode,
  getOperationAST,
  Lexer,
  type OperationDefinitionNode,
  parse,
  Source,
  TokenKind,
} from 'graphql'
import { LanewayError } from '../../model/errors.ts'
import { refuseBeyond } from './document-limits.ts'
import { sizeOf } from './document-size.ts'
import { type GraphqlLimits, NESTING_MAX } from './options.ts'

/** A request that may be run, as far as can be said without the schema. */
export interface Prepared {
  readonly text: string
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
}

export interface Asked {
  readonly text: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
}

/**
 * bytes ▸ tokens and brackets ▸ parse ▸ which operation ▸ depth, aliases, cost. Each step is bounded by the one before,
 * so a document of any shape ends quickly. Errors: QUERY_TOO_EXPENSIVE, FIELD_INVALID; GraphQLError for its syntax.
 */
export function prepare(asked: Asked, limits: GraphqlLimits): Prepared {
  const { text, variables, operationName } = asked
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.documentBytesMax) throw tooLong(bytes, limits.documentBytesMax)
  boundTokens(text, limits.tokensMax)
  boundVariables(variables)
  const document = parse(text, { maxTokens: limits.tokensMax })
  const operation = operationOf(document, operationName)
  refuseBeyond(sizeOf(operation, document, variables), limits)
  return { text, document, operation, variables, operationName }
}

const tooLong = (actual: number, limit: number): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `the document has ${actual} bytes, at most ${limit} are allowed`,
    pointer: '/query',
    hint: 'Send values as variables, or ask in several operations.',
    limit,
    actual,
    configKey: 'graphql.documentBytesMax',
  })

const OPENING: readonly string[] = [TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]
const CLOSING: readonly string[] = [TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]

/** Reads words alone, so nothing recurses; what is no word fails here as it would fail in the parser. */
function boundTokens(text: string, tokensMax: number): void {
  const lexer = new Lexer(new Source(text))
  let nesting = 0
  for (let tokens = 0; lexer.advance().kind !== TokenKind.EOF; tokens++) {
    if (tokens >= tokensMax) throw tooManyTokens(tokensMax)
    const { kind } = lexer.token
    if (OPENING.includes(kind)) nesting++
    else if (CLOSING.includes(kind)) nesting--
    if (nesting > NESTING_MAX) throw tooNested('the document', '/query')
  }
}

const tooManyTokens = (limit: number): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `the document has more than ${limit} tokens`,
    pointer: '/query',
    hint: 'Use fragments and variables, or ask in several operations.',
    limit,
    configKey: 'graphql.tokensMax',
  })

const tooNested = (what: string, pointer: string): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `${what} may be nested at most ${NESTING_MAX} deep; what was sent is deeper`,
    pointer,
    hint: 'Use a simpler filter, or select fewer levels.',
    limit: NESTING_MAX,
  })

/** With a list of its own, because inputs are read by functions that call themselves. */
function boundVariables(variables: object): void {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: variables, depth: 1 }]
  for (let nested = waiting.pop(); nested !== undefined; nested = waiting.pop()) {
    const { value, depth } = nested
    if (typeof value !== 'object' || value === null) continue
    if (depth > NESTING_MAX) throw tooNested('variables', '/variables')
    for (const inner of Object.values(value)) waiting.push({ value: inner, depth: depth + 1 })
  }
}

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode {
  const operation = getOperationAST(document, name)
  if (operation) return operation
  const detail =
    name === undefined
      ? 'the document has no operation, or several: operationName must say which'
      : `the document has no operation called ${JSON.stringify(name.slice(0, 80))}`
  throw new LanewayError('FIELD_INVALID', { detail, pointer: '/operationName' })
}
