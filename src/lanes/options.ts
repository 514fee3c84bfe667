/** Slots and bounds of the lanes. Slots are upstream calls in flight. */
export interface LanesOptions {
  /** Shared by hot, slow and background; roll-ups have their own. */
  readonly slots: number
  /** Estimated rows up to which a question is hot. */
  readonly hotRowsMax: number
  readonly hot: LaneBounds
  readonly slow: LaneBounds & { readonly slots: number }
  readonly rollup: LaneBounds & { readonly slots: number }
  readonly background: LaneBounds
}

export interface LaneBounds {
  readonly queueMax: number
  /** Longest time from asking to the answer, ms. */
  readonly deadlineMs: number
}

export const DEFAULT_LANES: LanesOptions = {
  slots: 4,
  hotRowsMax: 500_000,
  hot: { queueMax: 256, deadlineMs: 2_000 },
  slow: { queueMax: 64, deadlineMs: 30_000, slots: 1 },
  rollup: { queueMax: 64, deadlineMs: 60_000, slots: 1 },
  background: { queueMax: 64, deadlineMs: 30_000 },
}
