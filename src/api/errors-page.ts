import { ERRORS, type ErrorCode, type ErrorKind } from '../model/errors.ts'
import { STATUS } from './status.ts'

const KINDS: Readonly<Record<ErrorKind, { readonly title: string; readonly about: string }>> = {
  refuse: {
    title: 'Refused',
    about: 'A limit or a rule says no. Ask differently; the same request gets the same answer.',
  },
  shed: { title: 'Later', about: 'The same request may succeed later; `Retry-After` says when to try.' },
  fail: { title: 'Failed', about: 'Something broke here, not in the request.' },
}

/** docs/errors.md. */
export function renderErrorsPage(): string {
  return [
    '<!-- generated from src/model/errors.ts and src/api/status.ts by `npm run generate`; do not edit -->',
    '# Errors',
    '',
    'Every error is `{"errors":[{"id", "status", "code", "detail", "pointer", "hint", "meta"}]}`, also for unknown paths.',
    '`code` is permanent. `detail` names the field, the rule, the limit and what was sent; `pointer` is a JSON pointer into the',
    'body; `hint` says what to do; `meta` has `retriable` and, where they apply, `limit`, `actual`, `retryAfterSeconds` and',
    '`configKey`, the configuration key that would change the limit. `id` is also in the header `X-Request-Id` and in the log.',
    'A request with several mistakes gets several errors; its status is that of the first.',
    '',
    'OTLP senders that speak protobuf get google.rpc.Status in protobuf instead, with code and detail in its message.',
    'What is not HTTP at all is `BODY_UNREADABLE` too. Codes with status 500 in the table that concern files, topics or the',
    'start are printed by the command line or logged; no request is answered with them.',
    ...(['refuse', 'shed', 'fail'] as const).flatMap(section),
    '',
  ].join('\n')
}

function section(kind: ErrorKind): string[] {
  const { title, about } = KINDS[kind]
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].kind === kind)
  return [
    '',
    `## ${title}`,
    '',
    about,
    '',
    '| Code | Status | When | What to do |',
    '|---|---|---|---|',
    ...codes.map(row),
  ]
}

const row = (code: ErrorCode): string =>
  `| \`${code}\` | ${STATUS[code]} | ${ERRORS[code].when} | ${ERRORS[code].fix} |`
