import type { Asking } from './asking.ts'
import { shown } from './problems.ts'

const UTC = ['UTC', 'Etc/UTC']
/** `+01:00`, `UTC+1`, `GMT-2`: a distance from UTC is not a zone, because it knows no daylight saving. */
const OFFSET = /^(?:UTC|GMT)?[+-]\d/i

/** Zones are part of the contract; buckets on their boundaries are not built yet. UTC is what buckets lie on anyway. */
export function checkTimezone({ request, problems }: Asking): void {
  const { timezone } = request
  if (timezone === undefined || UTC.includes(timezone)) return
  const pointer = '/timezone'
  if (OFFSET.test(timezone)) {
    const detail = `timezone ${shown(timezone)} is an offset; allowed: names of zones, like Europe/Berlin`
    problems.add('FIELD_INVALID', { detail, pointer })
  } else if (!isZone(timezone)) {
    const detail = `timezone ${shown(timezone)} is no zone of the IANA database; allowed: names like Europe/Berlin`
    problems.add('FIELD_INVALID', { detail, pointer })
  } else {
    const detail = `timezone ${shown(timezone)}: buckets lie on UTC boundaries so far`
    problems.add('NOT_SUPPORTED_YET', { detail, pointer })
  }
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
