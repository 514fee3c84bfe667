import type { CatalogVersion, DatasetDefinition, RollupVersion } from '../model/definition.ts'
import { compareText } from '../model/label.ts'
import { durationText } from '../planner/logical/duration-text.ts'
import { datasetFields, type Fields, labelFields, metricFields, rollupFields } from './definition-text.ts'

export type ChangeKind = 'added' | 'removed' | 'changed' | 'renamed' | 'new version'

export interface FieldChange {
  readonly field: string
  readonly old: string
  readonly new: string
}

export interface Change {
  readonly dataset: string
  readonly kind: ChangeKind
  readonly what: 'dataset' | 'resource' | 'label' | 'metric' | 'rollup'
  readonly name: string
  readonly fields: readonly FieldChange[]
  /** What it does to data that is there; null: nothing. */
  readonly effect: string | null
  /** Of a rollup with another definition. */
  readonly defHash?: { readonly old: string; readonly new: string }
}

/** What differs between two catalogs, by dataset and name. Order of writing, comments and files are no difference. */
export function catalogChanges(old: CatalogVersion, next: CatalogVersion): Change[] {
  const names = [...new Set([...old.datasets.keys(), ...next.datasets.keys()])].sort(compareText)
  return names.flatMap((name) => datasetChanges(name, old.datasets.get(name), next.datasets.get(name)))
}

function datasetChanges(name: string, old?: DatasetDefinition, next?: DatasetDefinition): Change[] {
  const whole = { dataset: name, what: 'dataset', name, fields: [] } as const
  if (old === undefined) return [{ ...whole, kind: 'added', effect: null }]
  if (next === undefined) {
    const effect = `its ${old.rollups.size} rollups are not read any more; points that arrive register it with defaults`
    return [{ ...whole, kind: 'removed', effect }]
  }
  return [
    ...headChanges(old, next),
    ...listChanges('resource', { dataset: name, old: old.resources, next: next.resources, fieldsOf: resourceFields }),
    ...listChanges('label', { dataset: name, old: old.labels, next: next.labels, fieldsOf: labelFields }),
    ...listChanges('metric', { dataset: name, old: old.metrics, next: next.metrics, fieldsOf: metricFields }),
    ...rollupChanges(old, next),
  ]
}

const resourceFields = ({ id, description }: { id: string; description: string }): Fields => ({ id, description })

function headChanges(old: DatasetDefinition, next: DatasetDefinition): Change[] {
  const fields = fieldChanges(datasetFields(old), datasetFields(next))
  if (fields.length === 0) return []
  const isShorter = next.retentionRawMs < old.retentionRawMs
  const effect = isShorter ? `raw points older than ${durationText(next.retentionRawMs)} are deleted` : null
  return [{ dataset: old.name, kind: 'changed', what: 'dataset', name: old.name, fields, effect }]
}

interface Lists<T> {
  readonly dataset: string
  readonly old: ReadonlyMap<string, T>
  readonly next: ReadonlyMap<string, T>
  readonly fieldsOf: (each: T) => Fields
}

function listChanges<T>(what: Change['what'], { dataset, old, next, fieldsOf }: Lists<T>): Change[] {
  return namesOf(old, next).flatMap((name): Change[] => {
    const [before, after] = [old.get(name), next.get(name)]
    const common = { dataset, what, name, effect: null }
    if (before === undefined) return [{ ...common, kind: 'added', fields: [] }]
    if (after === undefined) return [{ ...common, kind: 'removed', fields: [] }]
    const fields = fieldChanges(fieldsOf(before), fieldsOf(after))
    return fields.length === 0 ? [] : [{ ...common, kind: 'changed', fields }]
  })
}

const namesOf = (old: ReadonlyMap<string, unknown>, next: ReadonlyMap<string, unknown>): string[] =>
  [...new Set([...old.keys(), ...next.keys()])].sort(compareText)

const fieldChanges = (old: Fields, next: Fields): FieldChange[] =>
  Object.keys(next)
    .filter((field) => old[field] !== next[field])
    .map((field) => ({ field, old: old[field] ?? '(none)', new: next[field]! }))

/** A definition that says the same under another name keeps what it holds; another definition begins empty. */
function rollupChanges(old: DatasetDefinition, next: DatasetDefinition): Change[] {
  return namesOf(old.rollups, next.rollups).flatMap((name): Change[] => {
    const [before, after] = [old.rollups.get(name), next.rollups.get(name)]
    const common = { dataset: old.name, what: 'rollup', name } as const
    if (before === undefined) {
      const twin = twinOf(after!, old, next)
      if (twin !== undefined) return [{ ...common, kind: 'renamed', fields: nameChange(twin, name), effect: null }]
      return [{ ...common, kind: 'added', fields: [], effect: filledFrom(next) }]
    }
    if (after === undefined) {
      if (twinOf(before, next, old) !== undefined) return []
      return [{ ...common, kind: 'removed', fields: [], effect: lost(before, next) }]
    }
    return versionChanges(before, after, next)
  })
}

/** Its name in `there`, where it says the same and has no namesake here. */
function twinOf({ defHash }: RollupVersion, there: DatasetDefinition, here: DatasetDefinition): string | undefined {
  return [...there.rollups.values()].find((each) => each.defHash === defHash && !here.rollups.has(each.name))?.name
}

const nameChange = (old: string, name: string): FieldChange[] => [{ field: 'name', old, new: name }]

function versionChanges(old: RollupVersion, next: RollupVersion, dataset: DatasetDefinition): Change[] {
  const fields = fieldChanges(rollupFields(old), rollupFields(next))
  const common = { dataset: dataset.name, what: 'rollup', name: next.name, fields } as const
  if (old.defHash !== next.defHash) {
    const effect = [filledFrom(dataset), lost(old, dataset)].filter((each) => each !== null).join('; ')
    return [{ ...common, kind: 'new version', effect, defHash: { old: old.defHash, new: next.defHash } }]
  }
  if (fields.length === 0) return []
  const isShorter = next.keep.pushMs < old.keep.pushMs
  const effect = isShorter ? `windows older than ${durationText(next.keep.pushMs)} are dropped` : null
  return [{ ...common, kind: 'changed', effect }]
}

const filledFrom = ({ retentionRawMs }: DatasetDefinition): string =>
  `begins empty and is filled from raw, which is kept ${durationText(retentionRawMs)}; until then raw answers`

/** What nothing can compute again; null when raw is kept at least as long. */
function lost({ keep }: RollupVersion, { retentionRawMs }: DatasetDefinition): string | null {
  if (keep.pushMs <= retentionRawMs) return null
  return `what the old version holds beyond raw, up to ${durationText(keep.pushMs)} back, is lost`
}
