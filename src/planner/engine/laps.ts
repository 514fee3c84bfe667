import type { Ran } from './run-question.ts'

/** Ms since it was last asked. */
export function lapsOf(stopwatch: () => number): () => number {
  let from = stopwatch()
  return () => {
    const lap = stopwatch() - from
    from += lap
    return lap
  }
}

/** Slices run side by side: the longest wait is how long the answer waited. */
export function stagesOf({ planMs, runs }: Ran, normaliseMs: number, runMs: number) {
  const queue = Math.max(0, ...runs.map(({ waitMs }) => waitMs))
  return { plan: normaliseMs + planMs, queue, upstream: Math.max(0, runMs - planMs - queue) }
}
