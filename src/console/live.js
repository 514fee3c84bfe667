/** Asks one question again and again while somebody looks. */
import { ask } from './api.js'
import { greatestOf, onlyGroups, questionOf } from './question.js'

/**
 * @import { Picks } from './question.js'
 * @import { Answer } from './api.js'
 * @typedef {{ onAnswer: (answer: Answer, question: Record<string, unknown>, ms: number) => void,
 *   onFailure: (error: Error) => void }} Listener
 */

const PERIOD_MS = 3000
const HURRIED_MS = 1000
const PERIOD_MS_MAX = 30_000
/** How long the greatest groups stay the ones that are drawn. */
const GREATEST_MS = 30_000

export class Live {
  /** @type {Listener} */
  #listener
  /** @type {Picks | null} */
  #picks = null
  #control = new AbortController()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #failures = 0
  #hurried = false
  #paused = false
  /** @type {{ atMs: number, values: (string | null)[] } | null} */
  #greatest = null

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener
    document.addEventListener('visibilitychange', () => this.#again(0))
  }

  /**
   * Another question; what was asked before is given up.
   * @param {Picks} picks
   */
  show(picks) {
    this.#picks = picks
    this.#greatest = null
    this.#failures = 0
    this.#control.abort()
    this.#control = new AbortController()
    void this.#turn(this.#control.signal)
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.#paused = paused
    this.#again(0)
  }

  /**
   * More often for a while: something is about to change.
   * @param {boolean} hurried
   */
  hurry(hurried) {
    this.#hurried = hurried
    this.#again(0)
  }

  /** @param {number} delayMs */
  #again(delayMs) {
    clearTimeout(this.#timer)
    if (this.#paused || document.hidden || this.#picks === null) return
    const { signal } = this.#control
    this.#timer = setTimeout(() => void this.#turn(signal), delayMs)
  }

  /** @param {AbortSignal} signal */
  async #turn(signal) {
    clearTimeout(this.#timer)
    try {
      const picks = /** @type {Picks} */ (this.#picks)
      const question = await this.#question(picks, signal)
      const began = performance.now()
      const answer = await ask(picks.dataset, { ...question, explain: 'full' }, signal)
      if (signal.aborted) return
      this.#failures = 0
      this.#listener.onAnswer(answer, question, performance.now() - began)
    } catch (error) {
      if (signal.aborted) return
      this.#failures++
      this.#listener.onFailure(/** @type {Error} */ (error))
    }
    const period = this.#hurried ? HURRIED_MS : PERIOD_MS
    this.#again(Math.min(PERIOD_MS_MAX, period * 2 ** this.#failures))
  }

  /**
   * @param {Picks} picks
   * @param {AbortSignal} signal
   */
  async #question(picks, signal) {
    const question = questionOf(picks)
    if (picks.groupBy === '') return question
    const now = performance.now()
    if (this.#greatest === null || now - this.#greatest.atMs > GREATEST_MS) {
      const { data } = await ask(picks.dataset, greatestOf(picks), signal)
      const values = data.map((row) => /** @type {string | null} */ (row[picks.groupBy] ?? null))
      this.#greatest = { atMs: now, values }
    }
    return onlyGroups(question, picks.groupBy, this.#greatest.values)
  }
}
