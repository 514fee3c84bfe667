import { GraphQLError, type GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { GRANULARITIES } from '../../model/granularity.ts'
import { exactInteger, type Num } from '../../model/number.ts'

type ScalarParts = Pick<GraphQLScalarType, 'serialize' | 'parseValue' | 'parseLiteral'>

/** JSON text that `JSON.stringify` writes as it stands, so that no digit of a whole number is lost. */
export function exactJson(value: Num): unknown {
  return typeof value === 'bigint' ? rawJson(value.toString()) : value
}

/** Part of the language since ES2025; the compiler's own library does not have it yet. */
const rawJson = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)

const isNum = (value: unknown): value is Num => typeof value === 'bigint' || Number.isFinite(value)

/** Whole numbers: a JSON number, or their digits as text where a client's own numbers end at 2^53. */
function readNumber(value: unknown, wholeOnly: boolean): Num {
  if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return exactInteger(BigInt(value))
  if (typeof value === 'number' && (wholeOnly ? Number.isSafeInteger(value) : Number.isFinite(value))) return value
  throw new GraphQLError(
    wholeOnly
      ? 'must be a whole number: a number up to 2^53, or its digits as text'
      : 'must be a number, or the digits of a whole number as text',
  )
}

function numbers(wholeOnly: boolean): ScalarParts {
  return {
    serialize: (value) => {
      if (isNum(value)) return exactJson(value)
      throw new TypeError('no number')
    },
    parseValue: (value) => readNumber(value, wholeOnly),
    parseLiteral: (node) => {
      if (node.kind === Kind.INT || node.kind === Kind.STRING) return readNumber(node.value, wholeOnly)
      return readNumber(node.kind === Kind.FLOAT ? Number(node.value) : undefined, wholeOnly)
    },
  }
}

/** Texts that are checked, where they are, by the one reader of questions; here only that they are texts. */
function texts(name: string, alsoBare: boolean, check: (text: string) => string | null = () => null): ScalarParts {
  const read = (value: unknown): string => {
    const wrong = typeof value === 'string' ? check(value) : 'must be a text'
    if (wrong !== null) throw new GraphQLError(`${name} ${wrong}`)
    return value as string
  }
  return {
    serialize: (value) => value,
    parseValue: read,
    parseLiteral: (node: ValueNode) =>
      read(node.kind === Kind.STRING || (alsoBare && node.kind === Kind.ENUM) ? node.value : undefined),
  }
}

const isGranularity = (text: string): string | null =>
  (GRANULARITIES as readonly string[]).includes(text) ? null : `must be one of ${GRANULARITIES.join(', ')}`

export const SCALARS: Readonly<Record<string, ScalarParts>> = {
  Long: numbers(true),
  Number: numbers(false),
  DateTime: texts('DateTime', false),
  Interval: texts('Interval', false),
  Granularity: texts('Granularity', true, isGranularity),
}
