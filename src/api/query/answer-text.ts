import { LanewayError } from '../../model/errors.ts'
import type { ResultFrame, ResultPoint, ResultSeries } from '../../model/frame.ts'
import { formatTime } from '../../model/interval.ts'
import { type Num, numberText } from '../../model/number.ts'
import { TextSink } from '../text-sink.ts'
import type { Format } from './read-question.ts'

const tooLong = (limit: number): LanewayError =>
  new LanewayError('QUERY_TOO_EXPENSIVE', {
    detail: `The answer as JSON is longer than ${limit} bytes.`,
    hint: 'Ask for format GROUPED, for less time, fewer groups or a coarser granularity.',
    limit,
    configKey: 'http.answerBytesMax',
  })

/**
 * `{"data":[…],"meta":{…}}` as Metrics API v2 writes it. FLAT has a row a point, group after group; GROUPED a row a
 * group. Integers beyond 2^53 keep all digits. One number in all answers `value`, several answer `values`: measures,
 * then ratios.
 */
export function encodeAnswer(frame: ResultFrame, format: Format, meta: object, bytesMax: number): Buffer {
  const sink = new TextSink(bytesMax, tooLong)
  const names = frame.labels.map((label) => JSON.stringify(label))
  const times = timeTexts()
  sink.open('{"data":[')
  const writeSeries = format === 'GROUPED' ? writeGroup : writeRows
  for (const series of frame.series) {
    if (series.points.length > 0) writeSeries(sink, series, labelsText(names, series), times)
  }
  sink.write(`],"meta":${JSON.stringify(meta)}}`)
  return sink.end()
}

function writeGroup(sink: TextSink, { points }: ResultSeries, labels: string, times: TimeText): void {
  sink.entry(`{${labels}"points":[`)
  points.forEach((point, i) => {
    sink.write(i === 0 ? pointText(point, '', times) : `,${pointText(point, '', times)}`)
  })
  sink.write(']}')
}

function writeRows(sink: TextSink, { points }: ResultSeries, labels: string, times: TimeText): void {
  for (const point of points) sink.entry(pointText(point, labels, times))
}

/** `"metric.topic":"foo","metric.type":null,`; an absent label is null, which differs from "". */
const labelsText = (names: readonly string[], { group }: ResultSeries): string =>
  names.map((name, i) => `${name}:${JSON.stringify(group[i] ?? null)},`).join('')

type TimeText = (ms: number) => string

/** The same few moments stand in every series. */
function timeTexts(): TimeText {
  const texts = new Map<number, string>()
  return (ms) => {
    let text = texts.get(ms)
    if (text === undefined) {
      text = `{"timestamp":"${formatTime(ms)}",`
      texts.set(ms, text)
    }
    return text
  }
}

function pointText({ timestamp, values, cut }: ResultPoint, labels: string, times: TimeText): string {
  const value = values.length === 1 ? `"value":${valueText(values[0])}` : `"values":[${values.map(valueText)}]`
  return `${times(timestamp)}${labels}${value}${cut ? ',"cut":true}' : '}'}`
}

const valueText = (value: Num | null | undefined): string =>
  value === null || value === undefined ? 'null' : numberText(value)
