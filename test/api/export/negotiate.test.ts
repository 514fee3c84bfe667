import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptsGzip, formatFor } from '../../../src/api/export/negotiate.ts'
import { LanewayError } from '../../../src/model/errors.ts'

const TEXT = 'text/plain; version=0.0.4; charset=utf-8'
const TEXT_1 = 'text/plain; version=1.0.0; charset=utf-8; escaping='
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8; escaping='

const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const PROTOBUF_FIRST =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,' +
  'text/plain;version=1.0.0;escaping=values;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,*/*;q=0.1'

const ACCEPTS: readonly (readonly [string | undefined, string])[] = [
  [undefined, TEXT],
  ['', TEXT],
  ['*/*', TEXT],
  ['text/*', TEXT],
  ['text/plain', TEXT],
  ['text/plain;version=0.0.4', TEXT],
  ['application/openmetrics-text', `${OPEN}underscores`],
  ['application/*', `${OPEN}underscores`],
  ['application/openmetrics-text; version="1.0.0"; charset=utf-8', `${OPEN}underscores`],
  ['application/openmetrics-text;version=0.0.1;q=0.9, text/plain;q=0.1', TEXT],
  ['text/plain;version=1.0.0', `${TEXT_1}underscores`],
  ['text/plain;version=1.0.0;escaping=dots', `${TEXT_1}dots`],
  ['TEXT/PLAIN;Version=1.0.0;Escaping=values', `${TEXT_1}values`],
  ['text/plain;version=1.0.0;escaping=unheard-of', `${TEXT_1}underscores`],
  ['text/plain;version=0.0.4;q=0.5, text/plain;version=1.0.0;q=0.5;escaping=dots', TEXT],
  ['text/plain;version=1.0.0;escaping=dots;q=0.5, text/plain;version=0.0.4;q=0.5', `${TEXT_1}dots`],
  ['*/*;q=0.1, application/openmetrics-text;q=0', TEXT],
  ['text/plain;q=0, */*', `${OPEN}underscores`],
  ['text/html, */*;q=0.8', TEXT],
  [PROMETHEUS_3, `${OPEN}allow-utf-8`],
  [PROMETHEUS_2, `${OPEN}underscores`],
  [PROTOBUF_FIRST, `${TEXT_1}values`],
]

for (const [accept, contentType] of ACCEPTS) {
  test(`Accept ${accept ?? 'left out'} gets ${contentType}`, () =>
    assert.equal(formatFor(accept).contentType, contentType))
}

for (const accept of ['application/json', 'text/plain;version=2.0.0', 'text/*;q=0, application/json', '*/*;q=0']) {
  test(`Accept ${accept} cannot be answered`, () => {
    assert.throws(
      () => formatFor(accept),
      (error) => error instanceof LanewayError && error.code === 'NOT_ACCEPTABLE' && error.message.includes(accept),
    )
  })
}

test('gzip is used where Accept-Encoding lets it in', () => {
  for (const coding of [
    'gzip',
    'gzip, deflate, br',
    'x-gzip',
    'GZIP;q=0.5',
    '*',
    'br;q=1.0, *;q=0.5',
    'gzip;q=1, identity;q=0.5',
  ]) {
    assert.ok(acceptsGzip(coding), coding)
  }
  for (const coding of [undefined, '', 'identity', 'gzip;q=0', 'br', '*;q=0', 'gzip;q=0, *', 'identity, gzip;q=0.5']) {
    assert.ok(!acceptsGzip(coding), coding)
  }
})
