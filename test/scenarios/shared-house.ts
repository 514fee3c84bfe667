import { after, before } from 'node:test'
import { openRecordedHouse, type RecordedHouse } from './recorded-house.ts'

let opened: RecordedHouse
before(async () => {
  opened = await openRecordedHouse()
})
after(() => opened.close())

/** The one house with the recording that the tests of a process share: filling it takes longer than most of them. */
export const house = (): RecordedHouse => opened
