import { type Flags, type FlagValues, textFlag, wrongUsage } from './command.ts'

export const GATEWAY_FLAGS: Flags = {
  url: { type: 'string', value: 'URL', about: 'the gateway; else LANEWAY_URL, else http://127.0.0.1:8080' },
  key: {
    type: 'string',
    value: 'ID:SECRET',
    about: 'API key, or a bearer token; better in LANEWAY_KEY, where no list of processes shows it',
  },
}

export const DATASET_FLAG: Flags = {
  dataset: { type: 'string', value: 'NAME', about: 'dataset to ask; default cloud' },
}

export const datasetOf = (flags: FlagValues): string => textFlag(flags, 'dataset') ?? 'cloud'

const DEFAULT_URL = 'http://127.0.0.1:8080'

/** One running gateway, asked as whoever the key belongs to. The key appears in no message. */
export interface Gateway {
  readonly url: string
  /** Error: UnreachableError. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

type Environment = Readonly<Record<string, string | undefined>>

export function gatewayOf(flags: FlagValues, environment: Environment): Gateway {
  const url = baseOf(textFlag(flags, 'url') ?? (environment.LANEWAY_URL || DEFAULT_URL))
  const key = textFlag(flags, 'key') ?? environment.LANEWAY_KEY
  const authorization = key === undefined || key === '' ? {} : { authorization: authorizationOf(key) }
  return {
    url,
    async fetch(path, init = {}) {
      const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) }
      try {
        return await fetch(`${url}${path}`, { ...init, headers })
      } catch (cause) {
        throw new UnreachableError(url, cause)
      }
    },
  }
}

function baseOf(text: string): string {
  const hint = 'Write --url like http://127.0.0.1:8080; the key goes into LANEWAY_KEY.'
  if (!URL.canParse(text)) throw wrongUsage('the URL of the gateway is not one', hint)
  const { protocol, username, password, href } = new URL(text)
  if (!/^https?:$/.test(protocol)) throw wrongUsage(`the gateway speaks http or https, not ${protocol}`, hint)
  if (username !== '' || password !== '') throw wrongUsage('the URL of the gateway may hold no key', hint)
  return href.replace(/\/+$/, '')
}

/** Keys have a colon between id and secret; bearer tokens have none. */
const authorizationOf = (key: string): string =>
  key.includes(':') ? `Basic ${Buffer.from(key).toString('base64')}` : `Bearer ${key}`

export class UnreachableError extends Error {
  constructor(url: string, cause: unknown) {
    const start = 'start one with "laneway serve" or "laneway demo", or say --url'
    super(`no gateway answers at ${url} (${reasonOf(cause)}): ${start}`, { cause })
    this.name = 'UnreachableError'
  }
}

/** Of the innermost cause: `ECONNREFUSED`, or the sentence of one without a code. */
function reasonOf(error: unknown): string {
  const { code, cause, message } = error as { code?: unknown; cause?: unknown; message?: unknown }
  if (typeof code === 'string') return code
  return typeof cause === 'object' && cause !== null ? reasonOf(cause) : String(message)
}

interface ErrorBody {
  readonly code: string
  readonly detail: string
  readonly hint?: string
  readonly id?: string
}

/** What the gateway answered instead of an answer: its errors, each with the fix it names. */
export class RefusedError extends Error {
  constructor(status: number, errors: readonly ErrorBody[]) {
    super(errors.map(({ code, detail, hint }) => `${code}: ${detail}${hint ? `\n  ${hint}` : ''}`).join('\n'))
    this.name = 'RefusedError'
    this.status = status
  }

  readonly status: number
}

const SHOWN_CHARACTERS = 200

/** Errors: RefusedError for an error of the gateway, Error for what no gateway says. */
export function refusalOf({ status }: Response, text: string): Error {
  const errors = parsed(text)?.errors
  if (Array.isArray(errors) && errors.length > 0) return new RefusedError(status, errors as ErrorBody[])
  const shown = text.slice(0, SHOWN_CHARACTERS).replaceAll(/\s+/g, ' ')
  return new Error(`status ${status} and no answer of Laneway's: ${shown}\n  Look at what answers at --url.`)
}

function parsed(text: string): { readonly errors?: unknown } | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A JSON answer of the gateway. Errors: UnreachableError, RefusedError. */
export async function askJson(gateway: Gateway, path: string, body?: unknown): Promise<unknown> {
  const response = await gateway.fetch(path, body === undefined ? {} : postOf(body))
  const text = await response.text()
  const answer = parsed(text)
  if (!response.ok || answer === null) throw refusalOf(response, text)
  return answer
}

export const postOf = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

export const queryPath = (dataset: string): string => `/v2/metrics/${encodeURIComponent(dataset)}/query`
