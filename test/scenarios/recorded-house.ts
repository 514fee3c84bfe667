import { readRecording } from '../../examples/kafka-telemetry/recording.ts'
import { type HandClock, handClock } from '../hand-clock.ts'
import { type House, openHouse } from './house.ts'

/** A moment after the recording at which everything is settled. */
export const AFTER_MS = Date.parse('2026-11-21T11:07:30Z')

export interface RecordedHouse extends House {
  readonly clock: HandClock
}

/** The whole recording sent in order, the clock following it; roll-ups done; the clock then stands at AFTER_MS. */
export async function openRecordedHouse(): Promise<RecordedHouse> {
  const requests = readRecording()
  const clock = handClock(requests[0]!.receivedMs - 5000)
  const house = await openHouse(clock, { 'intake.commitPeriodMs': 1, 'lanes.hot.deadlineMs': 30_000 })
  await house.laneway.idle()
  for (const { receivedMs, body } of requests) {
    clock.set(receivedMs)
    await house.laneway.intake.accept(body, 'application/x-protobuf')
  }
  clock.set(AFTER_MS)
  await house.laneway.idle()
  return { ...house, clock }
}
