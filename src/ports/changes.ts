/** Windows of one rollup version that became covered, dirty or clean. */
export interface WindowChange {
  readonly rollup: string
  readonly defHash: string
  readonly buckets: readonly number[]
}

/** The push table tells which windows changed; the engine's `watch` listens. */
export interface Changes {
  subscribe(listener: (change: WindowChange) => void): () => void
}
