import { FrozenAnswers } from '../../cache/result/frozen-answers.ts'
import { LanewayError } from '../../model/errors.ts'
import type { ExplainLevel } from '../contract.ts'
import { normalise } from '../logical/normalise.ts'
import type { LogicalQuery, QueryRequest } from '../logical/question.ts'
import type { FrozenAt, PageAnswer, PageRequest } from '../reading-contract.ts'
import { admitted, logicalWorld, rowsOf } from './admission.ts'
import { answerDigest, textDigest } from './answer-digest.ts'
import { answerOf, cutOut, type Finished, finished } from './finished.ts'
import { lapsOf, stagesOf } from './laps.ts'
import type { Asked, Hall } from './parts.ts'
import type { Told } from './publish.ts'
import { runQuestion } from './run-question.ts'

interface Kept extends Finished {
  /** Empty while everything fits on one page. */
  readonly digest: string
}

/**
 * Pages of one answer. The first asks everything and keeps it when there is more than one page; the next are cut from
 * what was kept:
 *
 *     page 1  ask ▸ merge ▸ [g1 g2 | g3 g4 | g5]        kept by (question, now, digest)
 *     page 2  kept?  yes ▸ cut [g3 g4]
 *                    no (evicted, restart, another gateway) ▸ ask again at the same `now`; the same digest ▸ the same
 *                    answer, cut [g3 g4]; else PAGE_TOKEN_EXPIRED
 */
export class Pages {
  readonly #hall: Hall
  readonly #kept: FrozenAnswers<Kept>

  constructor(hall: Hall) {
    const { keptBytesMax: bytesMax, keptMs } = hall.paging
    this.#hall = hall
    this.#kept = new FrozenAnswers({ bytesMax, keptMs, clock: hall.clock })
  }

  async page(
    request: QueryRequest,
    { from, frozen, level = 'summary' }: PageRequest,
    begun: Asked,
  ): Promise<Told<PageAnswer>> {
    const lap = lapsOf(this.#hall.stopwatch)
    const asked = frozen ? { ...begun, now: frozen.now } : begun
    const question = normalise(request, logicalWorld(asked))
    const normaliseMs = lap()
    const kept = frozen && this.#kept.read(keyOf(question, frozen, level))
    if (kept) {
      const timings = { plan: normaliseMs, queue: 0, upstream: 0, merge: lap() }
      return { value: { ...this.#cut(kept, from), timings }, lane: 'control', freshness: kept.freshness, rows: 0 }
    }
    const { whole, ran } = await this.#ask(question, { frozen, level }, asked)
    const runMs = lap()
    const value = this.#cut(whole, from)
    if (value.groupsLeft > 0) this.#kept.keep(keyOf(question, value.frozen, level), whole)
    const timings = { ...stagesOf(ran, normaliseMs, runMs), merge: lap() }
    return { value: { ...value, timings }, lane: ran.lane, freshness: whole.freshness, rows: rowsOf(ran) }
  }

  async #ask(question: LogicalQuery, { frozen, level }: AskedFor, asked: Asked) {
    const ran = await runQuestion(question, asked, admitted(question, asked)).catch((error: unknown) => {
      if (frozen && error instanceof LanewayError && error.code === 'EDGE_UNAVAILABLE') throw expired(error)
      throw error
    })
    const whole = finished(question, ran, level, asked)
    const digest = digestOf(whole)
    if (frozen && frozen.digest !== digest) throw expired()
    return { ran, whole: { ...whole, digest } }
  }

  #cut(whole: Kept, from: number): Omit<PageAnswer, 'timings'> {
    const { question, frame, digest } = whole
    const cut = cutOut(whole, from)
    return {
      ...answerOf(whole, cut),
      frozen: { now: question.now, digest },
      groupsLeft: Math.max(0, frame.series.length - from - cut.series.length),
      expiresMs: this.#hall.clock() + this.#hall.paging.keptMs,
    }
  }
}

/** One page needs none: nobody will ask for the next. */
const digestOf = ({ question, frame }: Finished): string =>
  question.limit === null || frame.series.length <= question.limit ? '' : answerDigest(question.fingerprint, frame)

interface AskedFor {
  readonly frozen: FrozenAt | null
  readonly level: ExplainLevel
}

/** The fingerprint holds the scope, so what was kept for one caller is found by nobody with other rights. */
const keyOf = ({ fingerprint }: LogicalQuery, { now, digest }: FrozenAt, level: ExplainLevel): string =>
  textDigest([fingerprint, now, digest, level])

const expired = (cause?: unknown): LanewayError =>
  new LanewayError('PAGE_TOKEN_EXPIRED', {
    detail: 'The answer that this page belongs to is no longer kept, and its data has changed since.',
    ...(cause === undefined ? {} : { cause }),
  })
