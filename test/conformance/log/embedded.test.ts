import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../../src/ingest/log/embedded/open.ts'
import { logConformance } from './log-conformance.ts'

logConformance('embedded', async (options) => {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-log-'))
  const log = openEmbeddedLog({ ...options, path: join(folder, 'log.sqlite') })
  return { log, remove: () => rmSync(folder, { recursive: true, force: true }) }
})
