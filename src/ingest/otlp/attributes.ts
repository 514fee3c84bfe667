import { compareText } from '../../model/label.ts'
import { numberText } from '../../model/number.ts'
import { type AnyValue, given, type KeyValue, signedInteger } from './wire.ts'

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
  const text = given(value, 'stringValue')
  if (text !== undefined) return text
  const flag = given(value, 'boolValue')
  if (flag !== undefined) return String(flag)
  const integer = given(value, 'intValue')
  if (integer !== undefined) return numberText(signedInteger(integer))
  const double = given(value, 'doubleValue')
  return double !== undefined && Number.isFinite(double) ? JSON.stringify(double) : undefined
}

/** Canonical text of all attributes as received, types told apart; equal for every order of the keys. */
export function identityText(attributes: readonly KeyValue[] | undefined): string {
  if (!attributes?.length) return '[]'
  const pairs = attributes.map(({ key, value }) => [key ?? '', tagged(value ?? {})] as const)
  if (pairs.length > 1) pairs.sort((a, b) => compareText(a[0], b[0]))
  return JSON.stringify(pairs)
}

function tagged(value: AnyValue): unknown {
  const plain = given(value, 'stringValue') ?? given(value, 'boolValue')
  if (plain !== undefined) return plain
  const integer = given(value, 'intValue')
  if (integer !== undefined) return ['i', numberText(signedInteger(integer))]
  const double = given(value, 'doubleValue')
  if (double !== undefined) return ['d', String(double)]
  return taggedCompound(value)
}

function taggedCompound(value: AnyValue): unknown {
  const array = given(value, 'arrayValue')
  if (array !== undefined) return ['a', (array.values ?? []).map(tagged)]
  const map = given(value, 'kvlistValue')
  if (map !== undefined) return ['m', identityText(map.values)]
  const bytes = given(value, 'bytesValue')
  return bytes === undefined ? null : ['b', Buffer.from(bytes).toString('base64')]
}
