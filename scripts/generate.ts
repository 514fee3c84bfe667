// Writes the pages that are made from code: docs/errors.md, docs/configuration.md, openapi.yaml. Tests compare them.
import { writeFileSync } from 'node:fs'
import { generatedPages } from './generated-pages.ts'

for (const [path, text] of await generatedPages()) {
  writeFileSync(path, text)
  console.log(`wrote ${path}`)
}
