import type { LabelFrame } from '../../model/frame.ts'
import { totalMs } from '../../model/interval.ts'
import { compareGroups, type Group, groupKey } from '../../model/label.ts'
import type { LogicalQuery } from '../logical/question.ts'
import type { LabelsAnswer, LabelsRequest } from '../reading-contract.ts'
import { laneOf, logicalWorld, rowsOf } from './admission.ts'
import { isDiscreet } from './discreet.ts'
import { freshnessOf } from './freshness.ts'
import { labelsQuestion } from './labels-question.ts'
import type { Asked } from './parts.ts'
import { planReport } from './plan-report.ts'
import type { Told } from './publish.ts'
import { runLabels } from './run-question.ts'

/** Groups that have a point, from whoever may serve each piece: a group is there when any slice has it. */
export async function labels(request: LabelsRequest, asked: Asked): Promise<Told<LabelsAnswer>> {
  const question = labelsQuestion(request, logicalWorld(asked))
  const ran = await runLabels(question, asked, (route) => laneOf(route, asked))
  const all = groupsOf(
    ran.runs.map(({ frame }) => frame),
    request.after,
  )
  const groups = all.slice(0, request.limit)
  const freshness = freshnessOf(question, ran, [...asked.hall.byId.keys()])
  const value = {
    labels: request.groupBy,
    groups,
    more: all.length > groups.length,
    freshness,
    plan: planReport(question, ran, 'summary'),
    cost: costOf(question, ran.route.cost, groups.length),
  }
  return { value, lane: ran.lane, freshness, rows: rowsOf(ran) }
}

/** Each once, in their order. Series without any of the labels name nothing. */
function groupsOf(frames: readonly LabelFrame[], after: Group | undefined): Group[] {
  const found = new Map<string, Group>()
  for (const { groups } of frames) {
    for (const group of groups) if (isWanted(group, after)) found.set(groupKey(group), group)
  }
  return [...found.values()].sort(compareGroups)
}

const isWanted = (group: Group, after: Group | undefined): boolean =>
  group.some((value) => value !== null) && (after === undefined || compareGroups(group, after) > 0)

/** For a constrained caller only what its own question and answer say (discreet.ts). */
const costOf = (question: LogicalQuery, estimatedRows: number, groups: number): number =>
  isDiscreet(question) ? Math.max(groups, totalMs(question.intervals) / question.stepMs) : estimatedRows
