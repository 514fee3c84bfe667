/**
 * Names of our `node:diagnostics_channel` channels. Zones publish, observers (telemetry, fault tests) listen; nobody
 * in `src` but telemetry and main subscribes. Messages are plain objects with the fields noted.
 */
export const CHANNELS = {
  /** `{phase: 'before' | 'after', points, marks, seq?}` around each raw commit */
  rawCommit: 'laneway:raw:commit',
  /** `{phase: 'before' | 'after', topics, records}` around each log transaction */
  logAppend: 'laneway:log:append',
  /** `{phase: 'asked' | 'read' | 'appended' | 'unreadable', rollup, epoch, records?, error?}` of one roll-up task */
  rollupTask: 'laneway:rollup:task',
  /** `{phase: 'written' | 'renamed', bytes}` of a push-table snapshot */
  snapshot: 'laneway:push:snapshot',
  /** `{accepted, rejected: Record<reason, count>, repeated}` per OTLP request */
  intake: 'laneway:intake:request',
  /** `{route, lane, sources, state, ms, rows}` per answered question; `error` code when refused or failed */
  answer: 'laneway:engine:answer',
  /** `{event: 'corrected', buckets}` when buckets that were exported turn out to have other values now */
  export: 'laneway:export',
  /** `{lane, event: 'queued' | 'started' | 'ended' | 'shed', waitMs?, cost}` */
  lane: 'laneway:lane',
} as const
