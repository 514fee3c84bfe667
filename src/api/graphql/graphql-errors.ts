import { GraphQLError } from 'graphql'
import { type ErrorCode, LanewayError, LanewayErrors } from '../../model/errors.ts'
import { ERRORS_MAX } from '../api-limits.ts'
import { errorItem } from '../error-body.ts'

/** One error as GraphQL clients read it: what REST says in an error stands in `extensions`. */
export interface SentError {
  readonly message: string
  readonly locations?: readonly { readonly line: number; readonly column: number }[]
  readonly path?: readonly (string | number)[]
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string }
}

export interface ErrorsTold {
  readonly errors: readonly SentError[]
  /** The first, which decides the status. */
  readonly first: LanewayError
  /** What nobody expected, for the log. */
  readonly causes: readonly unknown[]
}

const MESSAGE_CHARACTERS_MAX = 500

/** Any failures of one operation, none of them with a stack or a message that was not written for clients. */
export function toldErrors(failures: readonly unknown[], id: string): ErrorsTold {
  const spread = failures.slice(0, ERRORS_MAX).flatMap((failure) => {
    const at = placeOf(failure)
    return meaningsOf(failure, id).map((error) => ({ error, at }))
  })
  const kept = spread.slice(0, ERRORS_MAX)
  return {
    errors: kept.map(({ error, at }) => sentError(error, at, id)),
    first: kept[0]!.error,
    causes: kept.filter(({ error }) => error.kind === 'fail').map(({ error }) => error.facts.cause ?? error),
  }
}

function meaningsOf(failure: unknown, id: string): readonly LanewayError[] {
  const cause = failure instanceof GraphQLError ? (failure.originalError ?? failure) : failure
  if (cause instanceof LanewayErrors && cause.errors.length > 0) return cause.errors
  if (cause instanceof LanewayError) return [cause]
  // Of the document or its variables: written by graphql-js for clients.
  if (cause instanceof GraphQLError) return [documentError(cause)]
  const detail = `Something unexpected broke; the log has it as ${id}.`
  return [new LanewayError('INTERNAL', { detail, cause })]
}

function documentError({ message, nodes, source }: GraphQLError): LanewayError {
  const detail = message.length > MESSAGE_CHARACTERS_MAX ? `${message.slice(0, MESSAGE_CHARACTERS_MAX)}…` : message
  const pointer = nodes || source ? '/query' : '/variables'
  return new LanewayError('FIELD_INVALID', {
    detail,
    pointer,
    hint: 'Correct the document; schema.graphql is the contract.',
  })
}

type Place = Pick<SentError, 'locations' | 'path'>

function placeOf(failure: unknown): Place {
  if (!(failure instanceof GraphQLError)) return {}
  const { locations, path } = failure
  return { ...(locations ? { locations } : {}), ...(path ? { path } : {}) }
}

/** Clients of automatic persisted queries look for this very message. */
const MESSAGES: { readonly [code in ErrorCode]?: string } = { PERSISTED_QUERY_NOT_FOUND: 'PersistedQueryNotFound' }

function sentError(error: LanewayError, at: Place, id: string): SentError {
  const { meta, ...item } = errorItem(error, id)
  const status = Number(item.status)
  return { message: MESSAGES[error.code] ?? item.detail, ...at, extensions: { ...item, status, ...meta } }
}
