import { formatTime } from '../../model/interval.ts'
import type { Group } from '../../model/label.ts'
import { numberText } from '../../model/number.ts'
import type { Answer } from '../../planner/engine.ts'
import { TextSink } from '../text-sink.ts'
import type { Changes, ToldPoint } from './changing-points.ts'
import { eventTooLong } from './stream-limits.ts'

export interface EventHead {
  readonly id: string
  readonly revision: number
}

export interface Told {
  readonly changes: Changes
  /** The newest answer, for what stands beside its points. */
  readonly answer: Answer
}

/** One event as it is sent: text/event-stream wants one line of data, and JSON has no line ends of its own. */
const eventText = (name: string, data: string, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`

/** Everything there is. Error: QUERY_TOO_EXPENSIVE beyond `bytesMax`. */
export function snapshotEvent(head: EventHead, told: Told, further: object, bytesMax: number): Buffer {
  const { changes, answer } = told
  const meta = { ...metaOf(answer), plan: answer.plan, ...further }
  const lines = new TextSink(bytesMax, eventTooLong)
  lines.open(`id: ${head.id}\nevent: snapshot\ndata: {"revision":${head.revision},"data":[`)
  writePoints(lines, changes.points, answer)
  lines.write(`],"meta":${JSON.stringify(meta)}}\n\n`)
  return lines.end()
}

/** What differs from what the reader has. Error: QUERY_TOO_EXPENSIVE beyond `bytesMax`. */
export function upsertEvent(head: EventHead, { changes, answer }: Told, bytesMax: number): Buffer {
  const lines = new TextSink(bytesMax, eventTooLong)
  lines.open(`id: ${head.id}\nevent: upsert\ndata: {"revision":${head.revision},"data":[`)
  writePoints(lines, changes.points, answer)
  lines.open('],"removed":[')
  const keyText = keyTexts(answer.frame.labels)
  for (const { timestamp, group } of changes.removed) lines.entry(`{${keyText(timestamp, group)}}`)
  lines.write(`],"meta":${JSON.stringify(metaOf(answer))}}\n\n`)
  return lines.end()
}

export const heartbeatEvent = (revision: number, nowMs: number): Buffer =>
  Buffer.from(eventText('heartbeat', JSON.stringify({ revision, time: formatTime(nowMs) })))

export const byeEvent = (): Buffer => Buffer.from(eventText('bye', '{"reason":"The service is closing."}'))

/** `errors` is the text of an error answer. */
export const failedEvent = (errors: string): Buffer => Buffer.from(eventText('failed', errors))

export const retryField = (retryMs: number): Buffer => Buffer.from(`retry: ${retryMs}\n\n`)

const metaOf = ({ frame, freshness }: Answer) => ({
  truncated: frame.truncated,
  groupsTotal: frame.groupsTotal,
  freshness,
})

function writePoints(lines: TextSink, points: readonly ToldPoint[], { frame }: Answer): void {
  const keyText = keyTexts(frame.labels)
  for (const each of points) lines.entry(pointText(each, keyText))
}

/** A FLAT row of the query route, and what only streams tell. */
function pointText({ group, point, complete, revision }: ToldPoint, keyText: KeyText): string {
  const values = point.values.map((value) => (value === null ? 'null' : numberText(value)))
  const value = values.length === 1 ? `"value":${values[0]}` : `"values":[${values}]`
  const cut = point.cut ? ',"cut":true' : ''
  return `{${keyText(point.timestamp, group)},${value}${cut},"complete":${complete},"revision":${revision}}`
}

type KeyText = (timestamp: number, group: Group) => string

/** `"timestamp":"…","metric.topic":"foo","metric.type":null`; few moments and groups stand in many points. */
function keyTexts(labels: readonly string[]): KeyText {
  const times = new Map<number, string>()
  const groups = new Map<Group, string>()
  return (timestamp, group) => {
    let time = times.get(timestamp)
    if (time === undefined) times.set(timestamp, (time = `"timestamp":"${formatTime(timestamp)}"`))
    let texts = groups.get(group)
    if (texts === undefined) groups.set(group, (texts = labelTexts(labels, group)))
    return time + texts
  }
}

const labelTexts = (labels: readonly string[], group: Group): string =>
  labels.map((label, i) => `,${JSON.stringify(label)}:${JSON.stringify(group[i] ?? null)}`).join('')
