/**
 * Closed-loop load in a process of its own: CONNECTIONS connections that stay open, each sends the request again as soon
 * as the answer is whole. It speaks on bare sockets and looks at nothing but status, content-length and the end, so that
 * it costs less than any server it measures. Its parent says `{port, request, ms}` (request base64), it says
 * `{answers, bytes, ms}` or `{problem}`.
 */
import { connect } from 'node:net'

const CONNECTIONS = 8

interface Burst {
  readonly port: number
  readonly request: string
  readonly ms: number
}

interface Counted {
  answers: number
  bytes: number
}

function loop(port: number, request: Buffer, until: number, counted: Counted): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const state: Reading = { head: '', left: 0, isBody: false }
    socket.on('connect', () => socket.write(request))
    socket.on('error', reject)
    socket.on('data', (piece: Buffer) => {
      counted.bytes += piece.length
      const problem = read(state, piece)
      if (problem !== null) return reject(new Error(problem))
      if (!state.isBody || state.left > 0) return
      counted.answers++
      state.isBody = false
      if (performance.now() < until) socket.write(request)
      else socket.end(resolve)
    })
  })
}

/** One answer, as far as it has come. */
interface Reading {
  head: string
  /** Bytes of the body that have not come yet. */
  left: number
  isBody: boolean
}

/** What is wrong; null when nothing is. */
function read(state: Reading, piece: Buffer): string | null {
  if (state.isBody) {
    state.left -= piece.length
    return state.left < 0 ? 'more came than was announced' : null
  }
  state.head += piece.toString('latin1')
  const end = state.head.indexOf('\r\n\r\n')
  if (end < 0) return null
  const length = /\r\ncontent-length: (\d+)/i.exec(state.head.slice(0, end))
  if (!state.head.startsWith('HTTP/1.1 200') || !length) return state.head.slice(0, 500)
  state.left = end + 4 + Number(length[1]) - state.head.length
  state.isBody = true
  state.head = ''
  return null
}

process.on('message', async ({ port, request, ms }: Burst) => {
  const counted = { answers: 0, bytes: 0 }
  const bytes = Buffer.from(request, 'base64')
  const started = performance.now()
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, () => loop(port, bytes, started + ms, counted)))
    process.send!({ ...counted, ms: performance.now() - started })
  } catch (error) {
    process.send!({ problem: String(error) })
  }
})
process.on('disconnect', () => process.exit())
