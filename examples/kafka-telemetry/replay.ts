import { setTimeout as sleep } from 'node:timers/promises'
import { RECORDING_LOOP_MS, RECORDING_START_MS, type RecordedRequest, readRecording } from './recording.ts'
import { shiftRequest } from './shift.ts'

export interface ReplayOptions {
  /** Sends one request; resolves when it is acknowledged. */
  readonly send: (body: Uint8Array) => Promise<void>
  readonly clock: () => number
  /** Whole loops of the recording that lie in the past at the start. */
  readonly loops: number
  /** How far into the next loop `now` lies, ms. */
  readonly leadMs: number
  /** After each request of the past: how many of how many. */
  readonly onFilled?: (done: number, total: number) => void
  readonly signal: AbortSignal
}

interface Timed {
  readonly atMs: number
  readonly byMs: number
  readonly request: RecordedRequest
}

/**
 * Replays the recording as if it had been going on for hours and went on now:
 *
 *     | loop 1 | loop 2 | loop 3 | lead ▸ now … goes on in real time, loop after loop
 *
 * `filled` resolves when everything that lies before now has been acknowledged; `done` when the signal ends it.
 */
export function replay(options: ReplayOptions): { filled: Promise<void>; done: Promise<void> } {
  const requests = readRecording()
  const begin = options.clock() - options.loops * RECORDING_LOOP_MS - options.leadMs
  const shiftMs = begin - RECORDING_START_MS
  const filled = fill(requests, shiftMs, options)
  return { filled: filled.then(() => undefined), done: filled.then((from) => goOn(requests, from, shiftMs, options)) }
}

const timed = (request: RecordedRequest, loop: number, shiftMs: number): Timed => {
  const byMs = shiftMs + loop * RECORDING_LOOP_MS
  return { atMs: request.receivedMs + byMs, byMs, request }
}

/** Everything that lies in the past: each sender's requests in order, the senders side by side. Resolves with the loop and place to go on from. */
async function fill(requests: readonly RecordedRequest[], shiftMs: number, options: ReplayOptions): Promise<number> {
  const now = options.clock()
  const past: Timed[] = []
  for (let loop = 0; loop <= options.loops; loop++) {
    for (const request of requests) {
      const each = timed(request, loop, shiftMs)
      if (each.atMs <= now) past.push(each)
    }
  }
  let done = 0
  const bySource = Map.groupBy(past, (each) => each.request.source)
  await Promise.all(
    [...bySource.values()].map(async (chain) => {
      for (const each of chain) {
        if (options.signal.aborted) return
        await options.send(shiftRequest(each.request.body, each.byMs))
        options.onFilled?.(++done, past.length)
      }
    }),
  )
  return past.length
}

async function goOn(requests: readonly RecordedRequest[], from: number, shiftMs: number, options: ReplayOptions) {
  for (let i = from; !options.signal.aborted; i++) {
    const each = timed(requests[i % requests.length]!, Math.floor(i / requests.length), shiftMs)
    await sleep(Math.max(0, each.atMs - options.clock()), undefined, { signal: options.signal }).catch(() => undefined)
    if (options.signal.aborted) return
    await options
      .send(shiftRequest(each.request.body, each.byMs))
      .catch((error: unknown) => console.error(`replay: ${error}`))
  }
}
