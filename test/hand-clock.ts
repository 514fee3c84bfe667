export interface HandClock {
  (): number
  set(ms: number): void
}

/** A clock that stands until it is set; never back. */
export function handClock(startMs: number): HandClock {
  let now = startMs
  return Object.assign(() => now, {
    set(ms: number) {
      now = Math.max(now, ms)
    },
  })
}
