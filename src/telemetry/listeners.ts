import { CHANNELS } from '../model/channels.ts'
import type { Clock } from '../ports/clock.ts'
import { BoundedValues } from './bounded-values.ts'
import type { Meters } from './meters.ts'
import { Peaks } from './peaks.ts'

type Message = Readonly<Record<string, unknown>>
export type Listener = (message: Message) => void

/**
 * One listener a channel; each makes its own meters. An error inside a listener would end the process, and a meter
 * refuses what is no number, so every field is taken through `amount` or `BoundedValues`.
 */
export function listenersOf(meters: Meters, clock: Clock): ReadonlyMap<string, Listener> {
  return new Map([
    [CHANNELS.intake, intakeListener(meters)],
    [CHANNELS.answer, answerListener(meters)],
    [CHANNELS.lane, laneListener(meters)],
    [CHANNELS.rawCommit, rawCommitListener(meters, clock)],
    [CHANNELS.logAppend, logListener(meters)],
    [CHANNELS.rollupTask, rollupListener(meters)],
    [CHANNELS.snapshot, snapshotListener(meters)],
    [CHANNELS.export, exportListener(meters)],
  ])
}

const amount = (value: unknown): number => (typeof value === 'number' && value > 0 && value < Infinity ? value : 0)

function intakeListener({ counter }: Meters): Listener {
  const requests = counter('laneway_intake_requests_total', 'OTLP requests answered after their points were durable.')
  const accepted = counter('laneway_intake_points_accepted_total', 'Data points accepted.')
  const repeated = counter('laneway_intake_points_repeated_total', 'Data points dropped because they were seen before.')
  const rejected = counter('laneway_intake_points_rejected_total', 'Data points rejected, by reason.', ['reason'])
  const reasons = new BoundedValues(64)
  return (message) => {
    requests.inc()
    accepted.inc(amount(message.accepted))
    repeated.inc(amount(message.repeated))
    for (const [reason, count] of Object.entries(message.rejected ?? {})) {
      rejected.inc({ reason: reasons.of(reason) }, amount(count))
    }
  }
}

function answerListener({ counter, seconds }: Meters): Listener {
  const answers = counter('laneway_answers_total', 'Questions answered, refused or failed.', [
    'route',
    'lane',
    'state',
    'error',
  ])
  const durations = seconds('laneway_answer_duration_seconds', 'Time from question to answer.', ['route', 'lane'])
  const rows = counter('laneway_answer_rows_total', 'Rows that sources looked at to answer.', ['route', 'lane'])
  const sources = counter('laneway_answer_sources_total', 'Answers that a source had a part in.', ['source'])
  const [routes, lanes, states] = [new BoundedValues(16), new BoundedValues(8), new BoundedValues(8)]
  const [errors, sourceIds] = [new BoundedValues(64), new BoundedValues(16)]
  return (message) => {
    const place = { route: routes.of(message.route), lane: lanes.of(message.lane ?? 'none') }
    const outcome = { state: states.of(message.state ?? 'none'), error: errors.of(message.error ?? 'none') }
    answers.inc({ ...place, ...outcome })
    durations.observe(place, amount(message.ms) / 1000)
    rows.inc(place, amount(message.rows))
    for (const source of Array.isArray(message.sources) ? message.sources : []) {
      sources.inc({ source: sourceIds.of(source) })
    }
  }
}

function laneListener({ counter, seconds, levels }: Meters): Listener {
  const waits = seconds('laneway_lane_wait_seconds', 'Time a question waited for its lane.', ['lane'])
  const shed = counter(
    'laneway_lane_shed_total',
    'Questions that left a lane unanswered: queue full, deadline, gone.',
    ['lane'],
  )
  const lanes = new BoundedValues(8)
  const flying = new Peaks()
  levels('laneway_lane_in_flight', 'Questions running now.', 'lane', () => flying.now())
  levels('laneway_lane_in_flight_peak', 'Most questions running at once since the last scrape.', 'lane', () =>
    flying.takePeaks(),
  )
  return (message) => {
    const lane = lanes.of(message.lane)
    if (message.event === 'shed') shed.inc({ lane })
    if (message.event === 'ended') flying.down(lane)
    if (message.event !== 'started') return
    flying.up(lane)
    waits.observe({ lane }, amount(message.waitMs) / 1000)
  }
}

/** Raw commits come one after the other, so the last beginning belongs to the next end. */
function rawCommitListener({ counter, seconds }: Meters, clock: Clock): Listener {
  const commits = counter('laneway_raw_commits_total', 'Commits of the raw store.')
  const points = counter('laneway_raw_points_total', 'Points committed to the raw store.')
  const marks = counter('laneway_raw_late_marks_total', 'Steps marked late, each raising a raw version.')
  const durations = seconds('laneway_raw_commit_duration_seconds', 'Time of a commit of the raw store.')
  let beganMs: number | null = null
  return (message) => {
    if (message.phase === 'before') beganMs = clock()
    if (message.phase !== 'after') return
    commits.inc()
    points.inc(amount(message.points))
    marks.inc(amount(message.marks))
    if (beganMs !== null) durations.observe(Math.max(0, clock() - beganMs) / 1000)
    beganMs = null
  }
}

function logListener({ counter }: Meters): Listener {
  const transactions = counter('laneway_log_transactions_total', 'Transactions of the log.')
  const records = counter('laneway_log_records_total', 'Records appended to the log.')
  return (message) => {
    if (message.phase !== 'after') return
    transactions.inc()
    records.inc(amount(message.records))
  }
}

function rollupListener({ counter }: Meters): Listener {
  const tasks = counter('laneway_rollup_tasks_total', 'Roll-up tasks, by the phase they reached.', ['phase'])
  const records = counter('laneway_rollup_records_total', 'Aggregates and seals that roll-ups appended.')
  const phases = new BoundedValues(8)
  return (message) => {
    tasks.inc({ phase: phases.of(message.phase) })
    records.inc(amount(message.records))
  }
}

function snapshotListener({ counter, gauge }: Meters): Listener {
  const snapshots = counter('laneway_push_snapshots_total', 'Snapshots of the push table that took their place.')
  const bytes = gauge('laneway_push_snapshot_bytes', 'Size of the newest snapshot of the push table.')
  return (message) => {
    if (message.phase !== 'renamed') return
    snapshots.inc()
    bytes.set(amount(message.bytes))
  }
}

function exportListener({ counter }: Meters): Listener {
  const late = counter(
    'laneway_export_late_buckets_total',
    'Exported buckets of one metric that were corrected later; the exported values stay.',
  )
  return (message) => {
    if (message.event === 'corrected') late.inc(amount(message.buckets))
  }
}
