import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  HALVES,
  type HalvesBatch,
  type HalvesRow,
  halvesRequest,
  unequalBuckets,
  writeHalvesCatalog,
} from './halves.ts'
import { type Child, type KillOrder, startChild } from './kill-order.ts'

const MINUTE = 60_000
/** Points lie between 45 and 5 minutes before the start: their windows are settled from the first moment on. */
const FROM_MINUTES = 45
const SPAN_MINUTES = 40

type Row = HalvesRow & { readonly 'metric.topic'?: string }

/** Clients of a Laneway that is killed again and again: two senders that retry, and a watcher. */
export class KillWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'laneway-kill-'))
  readonly from: number
  /** Answers that mixed what does not belong together. */
  readonly mixed: string[] = []
  watched = 0
  acknowledged = 0
  retried = 0
  readonly #draw: () => number
  readonly #topics: number
  readonly #ignoreEpochs: boolean
  /** Increase by metric and step, each of every topic of both halves: what the senders know. */
  readonly #sent = { orders: new Map<number, number>(), visits: new Map<number, number>() }
  readonly #ended = new AbortController()
  #child: Child | null = null
  #running: Promise<unknown> = Promise.resolve()

  constructor(draw: () => number, { topics, ignoreEpochs }: { topics: number; ignoreEpochs: boolean }) {
    this.#draw = draw
    this.#topics = topics
    this.#ignoreEpochs = ignoreEpochs
    this.from = Math.floor(Date.now() / MINUTE - FROM_MINUTES) * MINUTE
    mkdirSync(join(this.folder, 'data'))
  }

  get interval(): string {
    return `${new Date(this.from).toISOString()}/PT${SPAN_MINUTES}M`
  }

  /** Runs a child until it dies at the given moment; whether it did within the time. */
  async runUntilKilled(kill: NonNullable<KillOrder['kill']>, msMax: number): Promise<boolean> {
    this.#child = await this.#start(kill)
    if (!this.#child) return true
    const died = await Promise.race([this.#child.gone.then(() => true), sleep(msMax).then(() => false)])
    if (!died) await this.#child.end('SIGKILL')
    return died
  }

  async runOn(): Promise<void> {
    this.#child = await this.#start(null)
  }

  /** Starts the clients; they go on over all children until `finish`. */
  begin(): void {
    this.#running = Promise.all([this.#sendDeltas(), this.#sendTotals(), this.#watch()])
  }

  async finish(): Promise<void> {
    this.#ended.abort()
    await this.#running
  }

  async close(): Promise<void> {
    await this.#child?.end('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Rows that differ from what the senders know, asked with `extra`. */
  async differences(metric: 'orders' | 'visits', extra: object): Promise<string[]> {
    const { data } = await this.#ask({
      aggregations: [{ metric }],
      group_by: ['metric.half', 'metric.topic'],
      granularity: 'PT1M',
      intervals: [this.interval],
      limit: 1000,
      ...extra,
    })
    const found = new Map(
      data.map((row) => [`${Date.parse(row.timestamp)} ${row['metric.half']} ${row['metric.topic']}`, row.value]),
    )
    const differences: string[] = []
    for (const [step, value] of this.#sent[metric]) {
      for (const half of ['left', 'right']) {
        for (let topic = 0; topic < this.#topics; topic++) {
          const key = `${step} ${half} t${topic}`
          if (found.get(key) !== value) differences.push(`${metric} ${key}: ${found.get(key)}, sent ${value}`)
          found.delete(key)
        }
      }
    }
    for (const [key, value] of found) differences.push(`${metric} ${key}: ${value}, never sent`)
    return differences
  }

  /** Waits until the push table alone can answer the whole interval; throws after `msMax`. */
  async settled(msMax: number): Promise<void> {
    const until = Date.now() + msMax
    for (;;) {
      const answers = await Promise.all((['orders', 'visits'] as const).map((metric) => this.#isPushed(metric)))
      if (answers.every(Boolean)) return
      if (Date.now() > until) throw new Error('the push table does not cover the interval, or stays dirty')
      await sleep(100)
    }
  }

  async #isPushed(metric: string): Promise<boolean> {
    const body = { aggregations: [{ metric }], granularity: 'PT1M', intervals: [this.interval], use: ['push'] }
    return (await this.#post('query', body)).ok
  }

  async #ask(body: object): Promise<{ data: Row[] }> {
    const response = await this.#post('query', body)
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status}: ${text}`)
    return JSON.parse(text) as { data: Row[] }
  }

  #post(what: 'query', body: object): Promise<Response> {
    const url = `${this.#child!.url}/v2/metrics/${HALVES}/${what}`
    const headers = { 'content-type': 'application/json' }
    return fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) })
  }

  async #start(kill: KillOrder['kill']): Promise<Child | null> {
    const flags = {
      'data.path': join(this.folder, 'data'),
      'catalog.paths': [writeHalvesCatalog(this.folder)],
      'http.port': 0,
      'log.level': 'silent',
      'push.snapshotPeriodMs': 250,
    }
    return await startChild({ flags, kill, ignoreEpochs: this.#ignoreEpochs }, (line) => this.mixed.push(line))
  }

  /** Deltas at random steps, each with an identity of its own. */
  async #sendDeltas(): Promise<void> {
    for (let i = 1; !this.#ended.signal.aborted; i++) {
      const timeMs = this.from + Math.floor(this.#draw() * SPAN_MINUTES) * MINUTE + (i % 59_000)
      const value = 1 + Math.floor(this.#draw() * 100)
      await this.#deliver({
        metric: 'orders',
        temporality: 1,
        topics: this.#topics,
        startMs: timeMs - i,
        timeMs,
        value,
      })
      this.#count('orders', timeMs, value)
    }
  }

  /** Totals that rise along the interval, ten seconds a reading; a new process life when it has passed. */
  async #sendTotals(): Promise<void> {
    let total = 0
    const startMs = this.from
    for (let at = 10_000; at < SPAN_MINUTES * MINUTE && !this.#ended.signal.aborted; at += 10_000) {
      const increase = 1 + Math.floor(this.#draw() * 100)
      total += increase
      const timeMs = this.from + at
      await this.#deliver({ metric: 'visits', temporality: 2, topics: this.#topics, startMs, timeMs, value: total })
      this.#count('visits', timeMs, increase)
      await sleep(200)
    }
  }

  #count(metric: 'orders' | 'visits', timeMs: number, value: number): void {
    const step = Math.floor(timeMs / MINUTE) * MINUTE
    this.#sent[metric].set(step, (this.#sent[metric].get(step) ?? 0) + value)
  }

  /** Sends until it is acknowledged: the same bytes again, whatever became of the last try. */
  async #deliver(batch: HalvesBatch): Promise<void> {
    const body = halvesRequest(batch)
    while (!(await this.#tried(body))) {
      this.retried++
      await sleep(20)
    }
    this.acknowledged++
  }

  async #tried(body: string): Promise<boolean> {
    const url = this.#child?.url
    if (!this.#child?.alive() || url === undefined) return false
    try {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${url}/v1/metrics`, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(10_000),
      })
      const text = await response.text()
      if (!response.ok) return false
      const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedDataPoints?: string } }
      if (Number(partialSuccess?.rejectedDataPoints ?? 0) > 0) throw new TypeError(`points were rejected: ${text}`)
      return true
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith('points were')) throw error
      return false
    }
  }

  async #watch(): Promise<void> {
    for (let i = 0; !this.#ended.signal.aborted; i++) {
      await sleep(5)
      if (!this.#child?.alive()) continue
      const granularity = i % 2 === 0 ? 'PT1M' : 'PT1H'
      const body = {
        aggregations: [{ metric: 'orders' }],
        group_by: ['metric.half'],
        granularity,
        intervals: [this.interval],
      }
      const rows = await this.#ask(body).catch(() => null)
      if (!rows) continue
      this.watched++
      this.mixed.push(...unequalBuckets(rows.data))
    }
  }
}
