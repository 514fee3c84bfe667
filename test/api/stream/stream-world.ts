import type { Guards } from '../../../src/api/open-server.ts'
import type { StaticKeys } from '../../../src/api/static-keys.ts'
import { DEFAULT_STREAM_LIMITS, type StreamLimits } from '../../../src/api/stream/stream-limits.ts'
import type { ResultSeries } from '../../../src/model/frame.ts'
import { formatTime } from '../../../src/model/interval.ts'
import type { Num } from '../../../src/model/number.ts'
import type { Answer } from '../../../src/planner/engine.ts'
import { type ApiWorld, answerOf, openApi, question, TEN } from '../api-world.ts'
import { EventReader } from './event-reader.ts'
import { HandWatch } from './hand-watch.ts'

export const STREAM = '/v2/metrics/cloud/stream'
export const TOPIC = 'metric.topic'
export const BODY = { ...question, group_by: [TOPIC] }

export interface StreamWorld extends ApiWorld {
  readonly hand: HandWatch
  readonly url: string
  read(options?: ReadOptions): Promise<EventReader>
  close(): Promise<void>
}

export interface ReadOptions {
  readonly body?: object
  readonly lastEventId?: string | undefined
  readonly headers?: Record<string, string>
}

export const textOf = (body: object = BODY): string => `query=${encodeURIComponent(JSON.stringify(body))}`

/** A server that streams what the hand tells. */
export async function openStreams(
  limits: Partial<StreamLimits> = {},
  keys: StaticKeys | null = null,
  guards: Partial<Guards> = {},
): Promise<StreamWorld> {
  const hand = new HandWatch()
  const streams = { ...DEFAULT_STREAM_LIMITS, ...limits }
  const world = await openApi({ watch: hand.watch, limits: { streams, closeMsMax: 200 }, keys, guards })
  const url = await world.listen()
  return {
    ...world,
    hand,
    url,
    read({ body = BODY, lastEventId, headers = {} } = {}) {
      const all = lastEventId === undefined ? headers : { ...headers, 'last-event-id': lastEventId }
      return EventReader.open(`${url}${STREAM}?${textOf(body)}`, { headers: all })
    },
    close: () => world.app.close(),
  }
}

export type Values = Readonly<Record<string, readonly (Num | null | undefined)[]>>

/** `{a: [1, 2]}`: topic a has 1 in the first minute and 2 in the second; complete up to `through` minutes. */
export function answerWith(values: Values, through = 0, over: Partial<Answer> = {}): Answer {
  const series = Object.entries(values).map(([topic, ofTopic]): ResultSeries => {
    const points = ofTopic.flatMap((value, i) =>
      value === undefined ? [] : [{ timestamp: TEN + i * 60_000, values: [value], cut: false }],
    )
    return { group: [topic], points }
  })
  const answer = answerOf()
  return {
    ...answer,
    intervals: [{ start: TEN, end: TEN + 3_600_000 }],
    frame: { labels: [TOPIC], series, groupsTotal: series.length, truncated: false },
    freshness: { ...answer.freshness, completeThrough: formatTime(TEN + through * 60_000), state: 'provisional' },
    ...over,
  }
}
