import { RE2JS, RE2JSException } from 're2js'
import { LanewayError } from './errors.ts'

/** Instructions a compiled pattern may have: matching a value takes at most so many steps a character. */
const INSTRUCTIONS_MAX = 2_000
/** Values that one `Patterns` matches and remembers, all patterns together. */
const VALUES_MAX = 500_000
/** Steps that one `Patterns` takes, counted as if nothing were known to be fast: usual patterns take far fewer. */
const STEPS_MAX = 200_000_000

export interface PatternLimits {
  /** Characters of a pattern. */
  readonly regexCharactersMax: number
}

/**
 * Regular expressions of filters: RE2 syntax, by code point, the whole value must match. Every source matches here, so
 * that a pattern means the same everywhere. Time is linear in the value, whatever the pattern. What is compiled and
 * matched is remembered for as long as the object lives: one request, never longer.
 */
export class Patterns {
  readonly #compiled = new Map<string, Compiled>()
  readonly #valuesMax: number
  readonly #stepsMax: number
  #steps = 0
  #values = 0

  constructor({ valuesMax = VALUES_MAX, stepsMax = STEPS_MAX }: PatternsOptions = {}) {
    this.#valuesMax = valuesMax
    this.#stepsMax = stepsMax
  }

  /** Steps taken so far at most: characters × instructions, of each value once. */
  get steps(): number {
    return this.#steps
  }

  /** Values it may still be asked to match. */
  get valuesLeft(): number {
    return this.#valuesMax - this.#values
  }

  /** Errors: FIELD_INVALID for what is no pattern; QUERY_TOO_EXPENSIVE for more values or steps than allowed. */
  matches(pattern: string, value: string): boolean {
    const { program, matched } = this.#compile(pattern)
    const have = matched.get(value)
    if (have !== undefined) return have
    this.#count((value.length + 1) * program.programSize())
    const is = program.testExact(value)
    matched.set(value, is)
    return is
  }

  #count(steps: number): void {
    if (this.valuesLeft <= 0) throw tooExpensive('with', this.#valuesMax, 'label values')
    this.#values++
    this.#steps += steps
    if (this.#steps > this.#stepsMax) throw tooExpensive('in', this.#stepsMax, 'steps (characters × instructions)')
  }

  #compile(pattern: string): Compiled {
    let compiled = this.#compiled.get(pattern)
    if (!compiled) {
      compiled = { program: compile(pattern), matched: new Map() }
      this.#compiled.set(pattern, compiled)
    }
    return compiled
  }
}

export interface PatternsOptions {
  readonly valuesMax?: number
  readonly stepsMax?: number
}

const tooExpensive = (how: string, limit: number, what: string): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `the patterns of one question may be matched ${how} at most ${limit} ${what}; these need more`,
    hint: 'Narrow the filter by EQ, IN or PREFIX, or ask with a shorter pattern.',
    limit,
  })

interface Compiled {
  readonly program: RE2JS
  readonly matched: Map<string, boolean>
}

/** Errors: FIELD_INVALID (longer than allowed, or no pattern), FILTER_TOO_COMPLEX (would be too long a program). */
export function checkPattern(pattern: string, { regexCharactersMax }: PatternLimits): void {
  if (pattern.length > regexCharactersMax) {
    throw new LanewayError('FILTER_TOO_COMPLEX', {
      detail: `the pattern has ${pattern.length} characters, at most ${regexCharactersMax} are allowed`,
      limit: regexCharactersMax,
      actual: pattern.length,
      configKey: 'query.regexCharactersMax',
    })
  }
  // Compiling takes time by the size of the program, so a size that can be seen is refused before.
  refuseLong(instructionsSeen(pattern))
  refuseLong(compile(pattern).programSize())
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new LanewayError('FIELD_INVALID', {
      detail: `the pattern is not RE2: ${error.message.replace(/^error parsing regexp: /, '')}`,
      hint: 'RE2 has no look-around and no back references; see https://github.com/google/re2/wiki/Syntax.',
    })
  }
}

function refuseLong(instructions: number): void {
  if (instructions <= INSTRUCTIONS_MAX) return
  throw new LanewayError('FILTER_TOO_COMPLEX', {
    detail: `the pattern would be a program of ${instructions} instructions, at most ${INSTRUCTIONS_MAX} are allowed`,
    hint: 'Repeat less: x{1000} is a thousand times x.',
    limit: INSTRUCTIONS_MAX,
    actual: instructions,
  })
}

/** `\Q…\E`, an escaped character, a class, a group's edges, a repetition, or any other character. */
const TOKEN =
  /\\Q.*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\((?:\?[^):]*:|\?P?<[^>]*>)?|\)|\{(\d+),?(\d*)\}|[\s\S]/gsu

/** About how many instructions it will be: `((ab){10}c){20}` ▸ (2 × 10 + 1) × 20. */
function instructionsSeen(pattern: string): number {
  const open: number[] = []
  let group = 0
  let last = 0
  for (const [token, least, most] of pattern.matchAll(TOKEN)) {
    if (least !== undefined) {
      group += last * (Math.max(1, Number(least), Number(most || 0)) - 1)
      last = 0
    } else if (token.startsWith('(')) {
      open.push(group)
      group = 0
      last = 0
    } else if (token === ')') {
      last = group + 1
      group = (open.pop() ?? 0) + last
    } else {
      last = token.length > 1 && token.startsWith('\\Q') ? token.length : 1
      group += last
    }
  }
  return open.reduce((sum, each) => sum + each, group)
}
