import { appendCases } from './append-cases.ts'
import { casesOn } from './case.ts'
import { fenceCases } from './fence-cases.ts'
import { groupCases } from './group-cases.ts'
import type { OpenLog } from './log-under-test.ts'
import { tailCases } from './tail-cases.ts'
import { upkeepCases } from './upkeep-cases.ts'

/** What src/ports/log.ts promises, as cases; every log passes all of them. */
export function logConformance(name: string, openLog: OpenLog): void {
  const check = casesOn(name, openLog)
  appendCases(check)
  fenceCases(check)
  tailCases(check)
  upkeepCases(check)
  groupCases(check)
}
