import { add, type Num } from '../../model/number.ts'
import type { Part, SentPoint } from './sent.ts'
import type { Reading, StreamDraft } from './streams.ts'
import { difference } from './values.ts'

/** What a point means for its stream. Nothing is changed before `remember` runs. */
export type Advance =
  | { readonly kind: 'repeat' | 'notLater' | 'negative' }
  | {
      readonly kind: 'taken'
      /** One for each part: a counter's increase or a gauge's reading; null when the part only sets a baseline. */
      readonly changes: readonly (Num | null)[]
      readonly reset: boolean
      readonly baseline: boolean
      /** The stream's reading must be remembered from now on. */
      readonly isNewStream: boolean
      readonly remember: (draft: StreamDraft) => void
    }

export interface StreamRules {
  readonly stepMs: number
  readonly dedupeMs: number
}

export function advance(point: SentPoint, draft: StreamDraft, rules: StreamRules): Advance {
  if (point.form === 'total') return advanceTotal(point, draft, rules)
  if (draft.isRepeat(point, rules.dedupeMs)) return { kind: 'repeat' }
  if (point.form === 'change') return advanceChange(point, draft)
  const changes = point.parts.map((part) => (point.form === 'increase' && isFalling(part) ? null : part.value))
  if (changes[0] === null) return { kind: 'negative' }
  return taken(changes, (into) => into.remember(point))
}

/** A histogram of negative observations may have a negative sum: that part alone is no counter. */
const isFalling = (part: Part): boolean => part.kind === 'counter' && part.value < 0

/** Changes add up whatever their order; one that is not later than the last shows with the next reading. */
function advanceChange(point: SentPoint, draft: StreamDraft): Advance {
  const part = point.parts[0]!
  const last = draft.reading(point.hash)
  const value = last ? add(part.numeric, last.value, part.value) : part.value
  const later = last === undefined || point.timeNs > last.timeNs
  const { startNs, timeNs } = later ? point : last
  const remember = (into: StreamDraft) => {
    into.remember(point)
    into.put(point.hash, { startNs, timeNs, value })
  }
  return taken([later ? value : null], remember, { isNewStream: last === undefined })
}

function advanceTotal(point: SentPoint, draft: StreamDraft, rules: StreamRules): Advance {
  const guide = point.parts[0]!
  const last = draft.reading(partHash(point, guide))
  if (last !== undefined && point.timeNs <= last.timeNs) return { kind: 'notLater' }
  if (guide.value < 0) return { kind: 'negative' }
  const reset = last !== undefined && wasReset(point, last, draft)
  const fromStart = last === undefined ? isStartKnown(point, draft, rules) : reset
  const before = (part: Part): Num | undefined => {
    if (fromStart) return 0
    if (last === undefined) return undefined
    return draft.reading(partHash(point, part))?.value ?? (part.zeroWhenAbsent ? 0 : undefined)
  }
  const changes = point.parts.map((part) => (part.kind === 'gauge' ? part.value : increase(part, before(part))))
  // The latest start stays: a sender whose clock is corrected back a little has not been reset.
  const startNs = last !== undefined && last.startNs > point.startNs ? last.startNs : point.startNs
  const baseline = last === undefined && !fromStart
  const isNewStream = last === undefined
  return taken(changes, (into) => rememberTotals(point, startNs, into), { reset, baseline, isNewStream })
}

function rememberTotals(point: SentPoint, startNs: bigint, draft: StreamDraft): void {
  for (const part of point.parts) {
    if (part.kind === 'counter') draft.put(partHash(point, part), { startNs, timeNs: point.timeNs, value: part.value })
  }
}

const partHash = (point: SentPoint, part: Part): string => (part.id === '' ? point.hash : `${point.hash}.${part.id}`)

function increase(part: Part, before: Num | undefined): Num | null {
  if (before === undefined) return null
  const change = difference(part.value, before, part.numeric)
  return change < 0 ? null : change
}

function wasReset(point: SentPoint, last: Reading, draft: StreamDraft): boolean {
  if (last.startNs !== 0n && point.startNs > last.startNs) return true
  return point.parts.some((part) => {
    if (part.kind === 'gauge' || part.id === 'sum') return false
    const before = draft.reading(partHash(point, part))
    return before !== undefined && part.value < before.value
  })
}

/**
 * Whether everything since the start is new to us: the start is at most two steps ago, or another stream of the
 * resource lives since then and was received before (so this one would have come with it, had it been there).
 */
function isStartKnown(point: SentPoint, draft: StreamDraft, rules: StreamRules): boolean {
  const { startNs, timeNs, hash } = point
  if (startNs === 0n || startNs > timeNs) return false
  return timeNs - startNs <= BigInt(2 * rules.stepMs) * 1_000_000n || draft.wasReceived(hash, startNs, timeNs)
}

const taken = (
  changes: readonly (Num | null)[],
  remember: (draft: StreamDraft) => void,
  facts: { readonly reset?: boolean; readonly baseline?: boolean; readonly isNewStream?: boolean } = {},
): Advance => ({ kind: 'taken', changes, remember, reset: false, baseline: false, isNewStream: false, ...facts })
