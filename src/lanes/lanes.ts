import { channel } from 'node:diagnostics_channel'
import { CHANNELS } from '../model/channels.ts'
import { LanewayError } from '../model/errors.ts'
import type { LaneBounds, LanesOptions } from './options.ts'

export type Lane = 'control' | 'hot' | 'slow' | 'rollup' | 'background'

export interface Ticket {
  readonly lane: Lane
  /** Estimated rows. */
  readonly cost: number
  /** The caller's own deadline, epoch ms; the lane's applies when it is earlier. */
  readonly deadlineMs?: number
  readonly signal: AbortSignal
}

export interface LaneStatus {
  readonly lane: Lane
  readonly inFlight: number
  readonly queued: number
  readonly queueMax: number
}

interface Waiter {
  readonly ticket: Ticket
  readonly start: () => void
}

/** Who goes first when a slot is free. */
const ORDER: readonly Lane[] = ['hot', 'rollup', 'slow', 'background']

/**
 * Admission: who may run now.
 *
 *     slots   [ h h | h/s s ]        hot may use all; slow never more than its cap, which leaves hot its reserve
 *     rollup  [ r ]                  slots of its own: roll-ups never take a hot slot and are never starved
 *     control                        no queue, no slot
 *
 * Queues are bounded (LANE_FULL) and every waiter has a deadline (DEADLINE_EXCEEDED says whether waiting or running
 * used the time). Leaving the queue is O(1): a queue is a Set in order of arrival.
 */
export class Lanes {
  readonly #options: LanesOptions
  readonly #clock: () => number
  readonly #queues: Record<Lane, Set<Waiter>>
  readonly #inFlight: Record<Lane, number> = { control: 0, hot: 0, slow: 0, rollup: 0, background: 0 }

  constructor(options: LanesOptions, clock: () => number) {
    checkReserve(options)
    this.#options = options
    this.#clock = clock
    this.#queues = { control: new Set(), hot: new Set(), slow: new Set(), rollup: new Set(), background: new Set() }
  }

  /** The lane of a question by its price in estimated rows. */
  classify(costRows: number): 'hot' | 'slow' {
    return costRows <= this.#options.hotRowsMax ? 'hot' : 'slow'
  }

  /**
   * Runs `work` when its lane lets it. The signal handed to `work` aborts when the caller leaves or the deadline
   * passes. Errors: LANE_FULL, DEADLINE_EXCEEDED, the caller's abort reason, or whatever `work` throws.
   */
  async run<T>(ticket: Ticket, work: (signal: AbortSignal) => Promise<T>): Promise<{ value: T; waitMs: number }> {
    const asked = this.#clock()
    const limit = this.#deadlineOf(ticket, asked)
    const control = new AbortController()
    let running = false
    const leave = () => control.abort(ticket.signal.reason ?? clientClosed())
    const timer = setTimeout(
      () => control.abort(tooLate(ticket.lane, running, limit - asked)),
      Math.max(0, limit - asked),
    )
    if (ticket.signal.aborted) leave()
    ticket.signal.addEventListener('abort', leave, { once: true })
    try {
      await this.#admitted(ticket, control.signal)
      running = true
      const waitMs = this.#clock() - asked
      this.#publish(ticket, 'started', waitMs)
      return {
        value: await unlessAborted(
          this.#held(ticket, () => work(control.signal)),
          control.signal,
        ),
        waitMs,
      }
    } finally {
      clearTimeout(timer)
      ticket.signal.removeEventListener('abort', leave)
    }
  }

  status(): LaneStatus[] {
    return (['control', ...ORDER] as const).map((lane) => ({
      lane,
      inFlight: this.#inFlight[lane],
      queued: this.#queues[lane].size,
      queueMax: lane === 'control' ? 0 : this.#options[lane].queueMax,
    }))
  }

  #deadlineOf(ticket: Ticket, asked: number): number {
    const own = ticket.deadlineMs ?? Number.POSITIVE_INFINITY
    const bounds = this.#boundsOf(ticket.lane)
    return Math.min(own, asked + (bounds?.deadlineMs ?? this.#options.slow.deadlineMs))
  }

  #boundsOf(lane: Lane): LaneBounds | null {
    return lane === 'control' ? null : this.#options[lane]
  }

  /** Resolves with the slot taken. */
  async #admitted(ticket: Ticket, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#queues[ticket.lane].size === 0 && this.#mayStart(ticket.lane)) {
      this.#inFlight[ticket.lane]++
      return
    }
    await this.#queued(ticket, signal)
  }

  #queued(ticket: Ticket, signal: AbortSignal): Promise<void> {
    const queue = this.#queues[ticket.lane]
    const max = this.#boundsOf(ticket.lane)?.queueMax ?? 0
    if (queue.size >= max) {
      this.#publish(ticket, 'shed')
      throw laneFull(ticket.lane, max, this.#options)
    }
    this.#publish(ticket, 'queued')
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        ticket,
        start: () => {
          signal.removeEventListener('abort', gone)
          resolve()
        },
      }
      const gone = () => {
        queue.delete(waiter)
        this.#publish(ticket, 'shed')
        reject(signal.reason)
        this.#dispatch()
      }
      signal.addEventListener('abort', gone, { once: true })
      queue.add(waiter)
    })
  }

  async #held<T>(ticket: Ticket, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      this.#inFlight[ticket.lane]--
      this.#publish(ticket, 'ended')
      this.#dispatch()
    }
  }

  #dispatch(): void {
    for (const lane of ORDER) {
      const queue = this.#queues[lane]
      for (const waiter of queue) {
        if (!this.#mayStart(lane)) break
        queue.delete(waiter)
        this.#inFlight[lane]++
        waiter.start()
      }
    }
  }

  #mayStart(lane: Lane): boolean {
    const { slots, slow, rollup } = this.#options
    const busy = this.#inFlight
    const free = busy.hot + busy.slow + busy.background < slots
    switch (lane) {
      case 'control':
        return true
      case 'hot':
        return free
      case 'rollup':
        return busy.rollup < rollup.slots
      case 'slow':
        return free && busy.slow + busy.background < slow.slots
      case 'background':
        return free && busy.hot === 0 && this.#queues.hot.size === 0 && busy.slow + busy.background < slow.slots
    }
  }

  #publish(ticket: Ticket, event: 'queued' | 'started' | 'ended' | 'shed', waitMs?: number): void {
    const lane = channel(CHANNELS.lane)
    if (lane.hasSubscribers) lane.publish({ lane: ticket.lane, event, waitMs, cost: ticket.cost })
  }
}

/** At least half of the slots are hot's alone. */
function checkReserve({ slots, slow, rollup }: LanesOptions): void {
  if (slots < 2 || slow.slots < 1 || rollup.slots < 1 || slow.slots > slots / 2) {
    throw new LanewayError('CONFIG_INVALID', {
      detail: `lanes: slots ${slots}, slow.slots ${slow.slots}, rollup.slots ${rollup.slots}; slots must be at least 2, slow.slots 1 to half of slots, rollup.slots at least 1`,
      configKey: 'lanes.slow.slots',
    })
  }
}

/** The caller is answered at the abort; the slot stays taken until the work itself has stopped. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(signal.reason)
    if (signal.aborted) gone()
    signal.addEventListener('abort', gone, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', gone))
  })
}

const clientClosed = () => new LanewayError('CLIENT_CLOSED', { detail: 'the client closed the request' })

function tooLate(lane: Lane, running: boolean, limitMs: number): LanewayError {
  const where = running ? 'while running' : 'while waiting in the queue'
  return new LanewayError('DEADLINE_EXCEEDED', {
    detail: `lane ${lane}: the deadline of ${limitMs} ms passed ${where}`,
    limit: limitMs,
    configKey: `lanes.${lane}.deadlineMs`,
    retryAfterSeconds: 1,
  })
}

function laneFull(lane: Lane, queueMax: number, options: LanesOptions): LanewayError {
  const deadlineMs = lane === 'control' ? 1000 : options[lane].deadlineMs
  return new LanewayError('LANE_FULL', {
    detail: `lane ${lane}: ${queueMax} questions wait already, the most that may`,
    limit: queueMax,
    configKey: `lanes.${lane}.queueMax`,
    retryAfterSeconds: Math.max(1, Math.ceil(deadlineMs / 2000)),
  })
}
