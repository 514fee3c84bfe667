import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LanewayError } from '../../src/model/errors.ts'
import { openLog } from '../../src/telemetry/log.ts'

function written(level: string) {
  const lines: string[] = []
  const log = openLog(level, { write: (line) => void lines.push(line) })
  return { log, lines }
}

test('secrets of headers never show, wherever the headers stand', () => {
  const { log, lines } = written('info')
  const headers = {
    authorization: 'Basic c2VjcmV0',
    'proxy-authorization': 'Basic c2VjcmV0',
    cookie: 'id=c2VjcmV0',
    accept: 'application/json',
  }
  log.info({ headers }, 'one')
  log.info({ req: { headers } }, 'two')
  log.info({ request: { headers }, res: { headers: { 'set-cookie': 'id=c2VjcmV0' } } }, 'three')
  log.info(headers, 'four')
  assert.equal(lines.length, 4)
  for (const line of lines) {
    assert.doesNotMatch(line, /c2VjcmV0/)
    assert.match(line, /\[redacted\].*application\/json|application\/json.*\[redacted\]/)
  }
})

test('a line is JSON with level, time and service', () => {
  const { log, lines } = written('info')
  log.warn('disk nearly full')
  const { time, pid, ...line } = JSON.parse(lines[0]!)
  assert.equal(pid, undefined)
  assert.match(time, /^\d{4}-\d\d-\d\dT/)
  assert.deepEqual(line, { level: 'warn', service: 'laneway', msg: 'disk nearly full' })
})

test('the level is the least that shows, and silent shows nothing', () => {
  const warn = written('warn')
  warn.log.info('no')
  warn.log.error('yes')
  assert.equal(warn.lines.length, 1)
  const silent = written('silent')
  silent.log.fatal('no')
  assert.deepEqual(silent.lines, [])
})

test('a level that does not exist is refused with those that do', () => {
  assert.throws(
    () => openLog('loud'),
    (error) =>
      error instanceof LanewayError &&
      error.code === 'CONFIG_INVALID' &&
      error.message === 'log.level must be one of trace, debug, info, warn, error, silent, got "loud"',
  )
})
