import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import type { Problems } from './problems.ts'

/** Keys and list positions from the top of a file. */
export type KeyPath = readonly (string | number)[]

/** One catalog file as read: plain content, and where each key stands. */
export interface CatalogFile {
  readonly path: string
  readonly content: unknown
  /** Line of a key, of a list entry, or of the nearest key above it that is there; from 1. */
  lineOf(key: KeyPath): number
}

const FILE_BYTES_MAX = 4 * 1024 * 1024
const FILES_MAX = 1000
/** Of one file: a bracket that is never closed is an error on every line after it. */
const FAULTS_MAX = 10

/** Every catalog file under the paths, once each, folders in the order of names. What cannot be read is a problem. */
export function readCatalogFiles(paths: readonly string[], problems: Problems): CatalogFile[] {
  const names = paths.flatMap((path) => filesUnder(path, problems))
  const distinct = [...new Map(names.map((name) => [resolve(name), name])).values()]
  if (distinct.length > FILES_MAX) {
    problems.addAt(paths[0]!, 1, `${distinct.length} files, allowed: at most ${FILES_MAX}`)
    return []
  }
  return distinct.flatMap((name) => readCatalogFile(name, problems) ?? [])
}

function filesUnder(path: string, problems: Problems): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name))
    return names.sort().map((name) => join(path, name))
  } catch (error) {
    problems.addAt(path, 1, `cannot be read: ${(error as Error).message}`)
    return []
  }
}

function readCatalogFile(path: string, problems: Problems): CatalogFile | undefined {
  try {
    const bytes = statSync(path).size
    if (bytes <= FILE_BYTES_MAX) return parseCatalogText(path, readFileSync(path, 'utf8'), problems)
    problems.addAt(path, 1, `${bytes} bytes, allowed: at most ${FILE_BYTES_MAX}`)
  } catch (error) {
    problems.addAt(path, 1, `cannot be read: ${(error as Error).message}`)
  }
  return undefined
}

/** Undefined, and problems with their lines, when the text is not one YAML document. */
export function parseCatalogText(path: string, text: string, problems: Problems): CatalogFile | undefined {
  const before = problems.count
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true })
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line
  for (const { line, message } of faultsOf(document, lineAt)) problems.addAt(path, line, message)
  if (problems.count > before) return undefined
  try {
    const content: unknown = document.toJS({ maxAliasCount: 1000 })
    return { path, content, lineOf: (key) => lineAt(offsetOf(document, key)) }
  } catch (error) {
    problems.addAt(path, 1, `not valid YAML: ${(error as Error).message}`)
    return undefined
  }
}

interface Fault {
  readonly line: number
  readonly message: string
}

/** What the parser says, and aliases that lead nowhere or into themselves, which it leaves to whoever reads the content. */
function faultsOf(document: Document.Parsed, lineAt: (offset: number) => number): Fault[] {
  const faults = document.errors.map(({ code, message, pos }) => ({
    line: lineAt(pos[0]),
    message:
      code === 'MULTIPLE_DOCS' ? 'a second document begins; allowed: one per file' : `not valid YAML: ${message}`,
  }))
  visit(document, {
    Alias(_, alias, path) {
      const target = alias.resolve(document)
      if (target !== undefined && !path.includes(target)) return
      const reason =
        target === undefined ? `no anchor &${alias.source} stands before it` : 'it stands inside its own anchor'
      faults.push({ line: lineAt(alias.range?.[0] ?? 0), message: `not valid YAML: *${alias.source}: ${reason}` })
    },
  })
  return faults.slice(0, FAULTS_MAX)
}

function offsetOf(document: Document, key: KeyPath): number {
  let node: unknown = document.contents
  let offset = 0
  for (const part of key) {
    const [at, next] = step(isAlias(node) ? node.resolve(document) : node, part)
    if (at === undefined) break
    offset = at
    node = next
  }
  return offset
}

/** Offset of the key (or list entry) `part` inside `node`, and what it holds. */
function step(node: unknown, part: string | number): [number | undefined, unknown] {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === part)
    return [(pair?.key as Node | undefined)?.range?.[0], pair?.value]
  }
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part] as Node | undefined
    return [item?.range?.[0], item]
  }
  return [undefined, undefined]
}
