import type { Group } from '../../model/label.ts'
import type { Scope } from '../../model/scope.ts'
import type { KeptBucket } from './settled-book.ts'
import { alongside, type Column, valueAt } from './settled-column.ts'
import type { LabelChoice, SettledFamily, SettledSeries } from './settled-contract.ts'
import type { FamilyPlan } from './settled-families.ts'
import type { Totals } from './settled-totals.ts'

/** Kept buckets, which hold everybody's series ▸ what this caller asked for and may see of them. */
export function familyOf(plan: FamilyPlan, buckets: readonly KeptBucket[], scope: Scope): SettledFamily {
  const { metric, rollup, counted } = plan
  const passes = groupTest(plan, scope)
  const totals = counted === 'cumulative' ? buckets.map((each) => each.totals!) : null
  const columns = totals ? totals.map(({ column }) => column) : buckets.map(({ column }) => column)
  return {
    metric,
    counted,
    labels: rollup.labels,
    buckets: buckets.map(({ bucket }) => bucket),
    ends: buckets.map(({ end }) => end),
    series: () => walk(columns, totals, passes),
  }
}

/** All constraints and, where something was chosen, one of the choices. The rollup keeps all these labels. */
function groupTest({ rollup, anyOf }: FamilyPlan, { constraints }: Scope): (group: Group) => boolean {
  const testOf = ({ label, values }: LabelChoice) => {
    const place = rollup.labels.indexOf(label)
    const allowed = new Set<string | null>(values)
    return (group: Group) => place >= 0 && allowed.has(group[place] ?? null)
  }
  const all = constraints.map(testOf)
  const any = anyOf.map(testOf)
  return (group) => all.every((test) => test(group)) && (any.length === 0 || any.some((test) => test(group)))
}

/** Groups that may be passed over before whoever walks gets a chance to pause. */
const PASSED_OVER_MAX = 4096

function* walk(
  columns: readonly Column[],
  totals: readonly Totals[] | null,
  passes: (group: Group) => boolean,
): Generator<SettledSeries | null> {
  let passedOver = 0
  for (const { group, places } of alongside(columns)) {
    if (!passes(group)) {
      if (++passedOver % PASSED_OVER_MAX === 0) yield null
      continue
    }
    const values = places.map((place, c) => (place < 0 ? null : valueAt(columns[c]!, place)))
    yield { group, values, created: totals && places.map((place, c) => (place < 0 ? 0 : totals[c]!.created[place]!)) }
  }
}
