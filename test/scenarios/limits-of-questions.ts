import { asking, type Limit, row, times } from './limits-row.ts'
import { counter, question } from './limits-world.ts'

const equal = { op: 'EQ', field: 'metric.route', value: 'a' }
/** A filter nested so deep: a comparison has depth 1. */
const nested = (depth: number): object => (depth === 1 ? equal : { op: 'NOT', filter: nested(depth - 1) })

const POST = 'POST /v2/metrics/default/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

/** Requests in general. */
export const REQUESTS: readonly Limit[] = [
  row('Body of a question', ['http.bodyBytesMax', 8_192, 'bytes'], [413, 'BODY_TOO_LARGE'], (world, { value }) =>
    world.ask(' '.repeat(Number(value) + 1)),
  ),
  row('Request line and headers together', [null, 16_384, 'bytes'], [431, 'HEADERS_TOO_LARGE'], (world, { value }) =>
    world.get('/health/live', { 'x-long': 'x'.repeat(Number(value)) }),
  ),
  row('Length of the URL', [null, 16_384, 'bytes'], [431, 'HEADERS_TOO_LARGE'], (world, { value }) =>
    world.get(`/health/live?${'x'.repeat(Number(value))}`),
  ),
  row('One part of the path', [null, 765, 'bytes'], [404, 'ROUTE_UNKNOWN'], (world, { value }) =>
    world.ask(question(), 'x'.repeat(Number(value) + 1)),
  ),
  row('Time for the headers', ['http.requestMsMax', 1_000, 'ms'], [408, 'REQUEST_TOO_SLOW'], (world) =>
    world.raw('GET /health/live HTTP/1.1\r\nHost: localhost\r\n'),
  ),
  row('Time for the whole request', ['http.requestMsMax', 1_000, 'ms'], [408, 'REQUEST_TOO_SLOW'], (world) =>
    world.raw(`${POST}Content-Length: 100\r\n\r\n{"a`),
  ),
]

/** What is asked, and what may be answered. */
export const QUESTIONS: readonly Limit[] = [
  row(
    'Aggregations of a question',
    [null, 16, ''],
    [400, 'FIELD_INVALID'],
    asking((most) => ({ aggregations: times(most + 1, (i) => ({ metric: 'requests', as: `a${i}` })) })),
  ),
  row(
    'Ratios of a question',
    [null, 16, ''],
    [400, 'FIELD_INVALID'],
    asking((most) => ({ ratios: times(most + 1, (i) => ({ numerator: 'a', denominator: 'b', as: `r${i}` })) })),
  ),
  row(
    'Labels of `group_by`',
    [null, 32, ''],
    [400, 'FIELD_INVALID'],
    asking((most) => ({ group_by: times(most + 1, (i) => `metric.l${i}`) })),
  ),
  row(
    'Length of a metric or label name',
    [null, 255, 'characters'],
    [400, 'FIELD_INVALID'],
    asking((most) => ({ aggregations: [{ metric: 'm'.repeat(most + 1) }] })),
  ),
  row(
    'Length of an interval',
    [null, 200, 'characters'],
    [400, 'FIELD_INVALID'],
    asking((most) => ({ intervals: [`PT1H/${'n'.repeat(most)}`] })),
  ),
  row(
    'Intervals of a question',
    ['query.intervalsMax', 2, ''],
    [400, 'INTERVALS_TOO_MANY'],
    asking((most) => ({ intervals: times(most + 1, (i) => `PT1M/now-${i}m`) })),
  ),
  ...(
    [
      ['PT1M', 'PT6H'],
      ['PT5M', 'P1D'],
      ['PT15M', 'P4D'],
      ['PT30M', 'P7D'],
    ] as const
  ).map(([granularity, longest]) =>
    row(`Intervals together, by ${granularity}`, [null, longest, ''], [400, 'INTERVAL_TOO_LONG'], (world) =>
      world.ask(question({ granularity, intervals: [`${longest}/now-1h`, 'PT31M/now'] })),
    ),
  ),
  row(
    'Depth of a filter',
    ['query.filterDepthMax', 4, ''],
    [400, 'FILTER_TOO_COMPLEX'],
    asking((most) => ({ filter: nested(most + 1) })),
  ),
  row(
    'Comparisons of a filter, in-lists counted value by value',
    ['query.filterTermsMax', 8, ''],
    [400, 'FILTER_TOO_COMPLEX'],
    asking((most) => ({ filter: { op: 'IN', field: 'metric.route', value: times(most + 1, String) } })),
  ),
  row(
    'Length of a pattern',
    ['query.regexCharactersMax', 20, 'characters'],
    [400, 'FILTER_TOO_COMPLEX'],
    asking((most) => ({ filter: { op: 'REGEX', field: 'metric.route', value: 'x'.repeat(most + 1) } })),
  ),
  row('Size of a compiled pattern', [null, 2_000, 'instructions'], [400, 'FILTER_TOO_COMPLEX'], (world) =>
    world.ask(question({ filter: { op: 'REGEX', field: 'metric.route', value: '((x{99}){99}){99}' } })),
  ),
  row(
    'Groups of an answer (`limit`)',
    ['query.groupsMax', 5, 'groups'],
    [400, 'FIELD_INVALID'],
    asking((most) => ({ group_by: ['metric.route'], limit: most + 1 })),
  ),
  row(
    'Values of an answer',
    ['query.valuesMax', 100, 'values'],
    [422, 'QUERY_TOO_EXPENSIVE'],
    asking(() => ({ intervals: ['PT2H/now'] })),
  ),
  row(
    'Encoded answer',
    ['http.answerBytesMax', 4_096, 'bytes'],
    [422, 'QUERY_TOO_EXPENSIVE'],
    asking(() => ({ group_by: ['metric.route'] })),
  ),
]

/** Lists and exports. */
export const LISTS: readonly Limit[] = [
  row('Entries on a page of a list', [null, 1_000, ''], [400, 'FIELD_INVALID'], (world, { value }) =>
    world.get(`/v2/metrics/default/descriptors/metrics?page_size=${Number(value) + 1}`),
  ),
  row('Length of a page token', [null, 8_192, 'characters'], [400, 'FIELD_INVALID'], (world, { value }) =>
    world.get(`/v2/metrics/default/descriptors/metrics?page_token=${'x'.repeat(Number(value) + 1)}`),
  ),
  row('How far an export reaches back', ['export.lookbackMsMax', 60_000, 'ms'], [400, 'FIELD_INVALID'], (world) =>
    world.get('/v2/metrics/default/export?lookback=PT2M'),
  ),
  row(
    'Resources of one type that are discovered',
    ['discovery.resourcesMax', 1, 'resources'],
    [422, 'QUERY_TOO_EXPENSIVE'],
    async (world) => {
      for (const id of ['lkc-a', 'lkc-b']) {
        await world.send(counter('kafka.topic.bytes.in', [{ attributes: { topic: 't' } }], { 'kafka.cluster.id': id }))
      }
      return world.get('/v2/metrics/cloud/discovery')
    },
  ),
]
