import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import pino from 'pino'
import { LanewayError } from '../../src/model/errors.ts'
import { type Asked, answerOf, openApi, QUERY, question } from './api-world.ts'

test('when the client goes away, the engine is told by its signal', async (t) => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const started = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const answer = ({ options }: Asked): Promise<never> => {
    started.resolve()
    return new Promise((_resolve, reject) => {
      options.signal.addEventListener('abort', () => {
        gone.resolve()
        reject(new LanewayError('CLIENT_CLOSED', { detail: 'The client went away.' }))
      })
    })
  }
  const world = await openApi({ answer, logger })
  t.after(() => world.app.close())
  const { port } = new URL(await world.listen())
  const socket = connect(Number(port), '127.0.0.1')
  const body = JSON.stringify(question)
  socket.write(
    `POST ${QUERY} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await started.promise
  socket.destroy()
  await gone.promise
  await world.app.close()
  assert.ok(!lines.some((line) => JSON.parse(line).level >= 50), 'not an error of ours')
  assert.ok(lines.some((line) => JSON.parse(line).status === 499))
})

test('a client that stays is not taken for gone, also after its body was read and its answer sent', async () => {
  const seen: AbortSignal[] = []
  const answer = async ({ options }: Asked) => {
    seen.push(options.signal)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    assert.equal(options.signal.aborted, false)
    return answerOf()
  }
  const world = await openApi({ answer })
  const response = await fetch(`${await world.listen()}${QUERY}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(question),
  })
  assert.equal(response.status, 200)
  await response.text()
  await world.app.close()
  assert.equal(seen[0]!.aborted, false)
})
