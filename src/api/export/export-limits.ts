export interface ExportLimits {
  /** Series of one metric in one export. */
  readonly seriesMax: number
  /** How far back `lookback` reaches. */
  readonly lookbackMsMax: number
  /** Finished exports kept as bytes. */
  readonly renderedBytesMax: number
}

export const DEFAULT_EXPORT_LIMITS: ExportLimits = {
  seriesMax: 60_000,
  lookbackMsMax: 900_000,
  renderedBytesMax: 256 * 1024 * 1024,
}
