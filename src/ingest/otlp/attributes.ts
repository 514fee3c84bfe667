import { compareText } from '../../model/label.ts'
import { numberText } from '../../model/number.ts'
import { type AnyValue, type KeyValue, signedInteger } from './wire.ts'

/** Attributes as label texts by key; of a repeated key the last counts. */
export interface AttributeTexts {
  readonly texts: ReadonlyMap<string, string>
  /** Arrays, maps, bytes and empty values: they become no label. */
  readonly dropped: number
}

export function attributeTexts(attributes: readonly KeyValue[] | undefined): AttributeTexts {
  const texts = new Map<string, string>()
  let dropped = 0
  for (const { key, value } of attributes ?? []) {
    const text = labelText(value ?? {})
    if (text === undefined || !key) dropped++
    else texts.set(key, text)
  }
  return { texts, dropped }
}

function labelText(value: AnyValue): string | undefined {
  if (value.stringValue != null) return value.stringValue
  if (value.boolValue != null) return String(value.boolValue)
  if (value.intValue != null) return numberText(signedInteger(value.intValue))
  if (value.doubleValue != null && Number.isFinite(value.doubleValue)) return JSON.stringify(value.doubleValue)
  return undefined
}

/** Canonical text of all attributes as received, types told apart; equal for every order of the keys. */
export function identityText(attributes: readonly KeyValue[] | undefined): string {
  if (!attributes?.length) return '[]'
  const pairs = attributes.map(({ key, value }) => [key ?? '', tagged(value ?? {})] as const)
  if (pairs.length > 1) pairs.sort((a, b) => compareText(a[0], b[0]))
  return JSON.stringify(pairs)
}

function tagged(value: AnyValue): unknown {
  if (value.stringValue != null) return value.stringValue
  if (value.boolValue != null) return value.boolValue
  if (value.intValue != null) return ['i', numberText(signedInteger(value.intValue))]
  if (value.doubleValue != null) return ['d', String(value.doubleValue)]
  if (value.arrayValue != null) return ['a', (value.arrayValue.values ?? []).map(tagged)]
  if (value.kvlistValue != null) return ['m', identityText(value.kvlistValue.values)]
  if (value.bytesValue != null) return ['b', Buffer.from(value.bytesValue).toString('base64')]
  return null
}
