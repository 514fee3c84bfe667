import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface RecordedRequest {
  /** When it arrived, epoch ms. */
  readonly receivedMs: number
  /** `cluster/broker-N` or `cluster/service` */
  readonly source: string
  /** ExportMetricsServiceRequest, protobuf. */
  readonly body: Uint8Array
}

/** First and last moment of the recording, epoch ms; a loop is one of it with a pause. */
export const RECORDING_START_MS = Date.parse('2026-11-21T09:51:00Z')
export const RECORDING_LOOP_MS = 54 * 60_000

/** All requests, in order of arrival. */
export function readRecording(): RecordedRequest[] {
  const here = import.meta.dirname
  const bytes = gunzipSync(readFileSync(`${here}/requests.bin.gz`))
  const index = readFileSync(`${here}/index.jsonl`, 'utf8').trim().split('\n')
  let at = 0
  return index.map((line) => {
    const { receivedMs, source } = JSON.parse(line) as { receivedMs: number; source: string }
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 4, at + 4 + length)
    at += 4 + length
    return { receivedMs, source, body }
  })
}
