import { z } from 'zod'
import { compareText } from '../../model/label.ts'
import { scopeKey } from '../../model/scope.ts'
import type { Caller } from '../caller.ts'
import { PageTokenParameter, type PageTokens } from './page-tokens.ts'

const PAGE_SIZE = { default: 100, max: 1000 } as const

export const ListParameters = z.object({
  page_size: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_SIZE.max)
    .optional()
    .describe(`Entries of a page. Default ${PAGE_SIZE.default}.`),
  page_token: PageTokenParameter.optional(),
})
export type ListParameters = z.infer<typeof ListParameters>

export const ListMeta = z.strictObject({
  pagination: z.strictObject({
    page_size: z.number(),
    total_size: z.number(),
    next_page_token: z.string().optional().describe('Absent on the last page. It does not expire.'),
  }),
})

export const Links = z
  .strictObject({ next: z.string().describe('Where the next page is, relative to this one.') })
  .nullable()
  .describe('null on the last page.')

export interface ListRequest {
  readonly tokens: PageTokens
  readonly caller: Caller
  /** Path of this list. */
  readonly path: string
  readonly parameters: ListParameters
  /** Parameters that stay the same on every page. */
  readonly kept?: Readonly<Record<string, string>>
}

/**
 * Keyset paging by name: a token stands behind the last name of its page, so nothing is skipped or repeated however
 * the list changes, and tokens need not expire.
 */
export function listPage<T>(all: readonly T[], nameOf: (item: T) => string, request: ListRequest) {
  const { tokens, caller, path, parameters, kept = {} } = request
  const bound = ['list', path, kept, scopeKey(caller.scope)]
  const after = tokens.read<string>(parameters.page_token, bound)
  const size = parameters.page_size ?? PAGE_SIZE.default
  const sorted = [...all].sort((a, b) => compareText(nameOf(a), nameOf(b)))
  const rest = after === null ? sorted : sorted.filter((item) => compareText(nameOf(item), after) > 0)
  const items = rest.slice(0, size)
  const next = rest.length > size ? tokens.write(bound, nameOf(items.at(-1)!)) : null
  const pagination = { page_size: size, total_size: all.length, ...(next !== null && { next_page_token: next }) }
  return { items, meta: { pagination }, links: linksTo(path, { ...kept, page_size: String(size) }, next) }
}

/** `links` of Metrics API v2: a reference to the next page, or null. */
export function linksTo(path: string, kept: Readonly<Record<string, string>>, token: string | null) {
  if (token === null) return null
  return { next: `${path}?${new URLSearchParams({ ...kept, page_token: token })}` }
}
