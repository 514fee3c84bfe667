/** Labels of a series: name → value. A label the series does not have is absent (null in groups), never ''. */
export type LabelSet = Readonly<Record<string, string>>

/** Values of the group-by labels, in the question's order; null where the label is absent. */
export type Group = readonly (string | null)[]

/**
 * Order of label values: by Unicode code point, which is also the order of UTF-8 bytes and so DuckDB's and Druid's.
 * (JavaScript's own `<` compares UTF-16 units and differs for characters beyond U+FFFF.)
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

/** Surrogates (0xD800–0xDFFF) stand for characters above every other 16-bit unit. */
const codePointRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/** Total order of groups: label by label, absent before every value. */
export function compareGroups(a: Group, b: Group): number {
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? null
    const y = b[i] ?? null
    if (x === y) continue
    if (x === null) return -1
    if (y === null) return 1
    return compareText(x, y)
  }
  return 0
}

/** Injective text of a group; also the label part of a record key on `aggregates`. */
export const groupKey = (group: Group): string => JSON.stringify(group)

/** Canonical text of a complete label set: names sorted, values quoted. Equal text ⇔ equal set. */
export function labelSetKey(labels: LabelSet): string {
  return JSON.stringify(
    Object.keys(labels)
      .sort(compareText)
      .map((name) => [name, labels[name]]),
  )
}
