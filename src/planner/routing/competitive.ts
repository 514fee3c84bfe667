import type { Contender } from './grid.ts'

/**
 * Leaves out who can never be chosen: another contender has the same windows in the same pieces at no more rows.
 *   by_topic   PT1M  [--- 60 ---]      stays
 *   by_client  PT1M  [--- 90 ---]      out, as it costs more wherever it serves
 *   by_topic   PT1H      [- 2 -]       stays: other windows
 * With many rollups in a catalog only a handful is left to weigh against each other. Order is kept.
 */
export function competitive<C extends Contender>(contenders: readonly C[]): readonly C[] {
  if (contenders.length < 3) return contenders
  const kept: C[] = []
  for (const contender of contenders) {
    const rival = kept.findIndex((each) => hasSamePieces(each, contender))
    if (rival < 0 || !contender.candidate.rollup) kept.push(contender)
    else if (!costsNoMore(kept[rival]!, contender)) {
      if (costsNoMore(contender, kept[rival]!)) kept[rival] = contender
      else kept.push(contender)
    }
  }
  return kept
}

function hasSamePieces({ candidate: a, offer }: Contender, { candidate: b, offer: other }: Contender): boolean {
  if (a.place !== b.place || a.rollup?.version.grain !== b.rollup?.version.grain) return false
  const { pieces } = offer
  if (pieces.length !== other.pieces.length) return false
  for (let i = 0; i < pieces.length; i++) {
    const [one, two] = [pieces[i]!, other.pieces[i]!]
    if (one.start !== two.start || one.end !== two.end || one.stale !== two.stale) return false
    if (one.run?.interval.start !== two.run?.interval.start || one.run?.interval.end !== two.run?.interval.end)
      return false
  }
  return true
}

function costsNoMore({ offer: { pieces } }: Contender, { offer: other }: Contender): boolean {
  for (let i = 0; i < pieces.length; i++) {
    if ((pieces[i]!.run?.rows ?? 0) > (other.pieces[i]!.run?.rows ?? 0)) return false
  }
  return true
}
