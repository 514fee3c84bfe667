import { LanewayError, LanewayErrors } from '../../model/errors.ts'
import type { Answer, AskOptions, Engine, ExplainLevel, PlanReport, QueryRequest } from '../../planner/engine.ts'
import { type Joined, joined, memberAnswer, type Shareable } from './batch.ts'

export interface FieldQuestion extends Shareable {
  readonly level: ExplainLevel
  /** Shows what exactly was read, so it must be read for this field alone. */
  readonly wantsPlan: boolean
}

interface Waiting extends FieldQuestion {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Asks the engine for the fields of one operation: what they ask in the same moment is asked together. */
export class Asker {
  readonly #engine: Pick<Engine, 'answer' | 'explain'>
  readonly #options: AskOptions
  #waiting: Waiting[] = []
  #cost = 0

  constructor(engine: Pick<Engine, 'answer' | 'explain'>, options: AskOptions) {
    this.#engine = engine
    this.#options = options
  }

  /** Price of everything that was asked so far. */
  get cost(): number {
    return this.#cost
  }

  spend(cost: number): void {
    this.#cost += cost
  }

  answer(field: FieldQuestion): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) process.nextTick(() => this.#askAll())
      this.#waiting.push({ ...field, resolve, reject })
    })
  }

  explain(question: QueryRequest): Promise<PlanReport> {
    return this.#engine.explain(question, this.#options)
  }

  #askAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const isAlone = ({ wantsPlan, level }: Waiting) => wantsPlan || level !== 'summary'
    for (const each of waiting.filter(isAlone)) void this.#askAlone(each)
    for (const each of joined(waiting.filter((one) => !isAlone(one)))) void this.#askJoined(each)
  }

  async #askAlone({ question, level, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await this.#ask(question, level))
    } catch (error) {
      reject(error)
    }
  }

  /** What is refused together may be right alone, and each field is told about its own mistakes. */
  async #askJoined({ question, members }: Joined<Waiting>): Promise<void> {
    if (members.length === 1) return await this.#askAlone(members[0]!.asked)
    try {
      const answer = await this.#ask(question, 'summary')
      for (const { asked, positions } of members) {
        const own = memberAnswer(answer, positions)
        if (own) asked.resolve(own)
        else void this.#askAlone(asked)
      }
    } catch (error) {
      for (const { asked } of members) isRefusal(error) ? void this.#askAlone(asked) : asked.reject(error)
    }
  }

  async #ask(question: QueryRequest, level: ExplainLevel): Promise<Answer> {
    const answer = await this.#engine.answer(question, level, this.#options)
    this.#cost += answer.cost
    return answer
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof LanewayErrors || (error instanceof LanewayError && error.kind === 'refuse')
