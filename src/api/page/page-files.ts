import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One file of the page, as it is sent. */
export interface PageFile {
  readonly type: string
  readonly body: Buffer
  /** Strong, over the bytes. */
  readonly etag: string
}

/** By path below `/console/`; read once, so that no path of a request ever reaches the file system. */
export type PageFiles = ReadonlyMap<string, PageFile>

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}
const FILES_MAX = 200
const BYTES_MAX = 16 * 1024 * 1024

/** Browser modules of our dependencies: path below `/console/vendor/` ▸ what is resolved. None imports another. */
const VENDOR: Readonly<Record<string, string>> = {
  'preact.mjs': 'preact',
  'htm.mjs': 'htm',
  'uplot.mjs': 'uplot/dist/uPlot.esm.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
}

/** Every servable file under the folder, and the vendored modules. Empty without a folder. */
export function readPageFiles(root: string | null): PageFiles {
  const files = new Map<string, PageFile>()
  if (root === null || !existsSync(root)) return files
  let bytes = 0
  const add = (path: string, body: Buffer) => {
    bytes += body.byteLength
    if (files.size === FILES_MAX || bytes > BYTES_MAX) throw new Error(`${root} holds more than a page`)
    files.set(path, { type: TYPES[extname(path)]!, body, etag: etagOf(body) })
  }
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !Object.hasOwn(TYPES, extname(entry.name))) continue
    add(relative(root, path).split(sep).join('/'), readFileSync(path))
  }
  for (const [name, module] of Object.entries(VENDOR)) add(`vendor/${name}`, vendored(module))
  return files
}

const etagOf = (body: Buffer): string => `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`

/** Without its source map, which is not served. */
function vendored(module: string): Buffer {
  const text = readFileSync(fileURLToPath(import.meta.resolve(module)), 'utf8')
  return Buffer.from(text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
}
