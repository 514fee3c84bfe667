import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from '../../../../src/ingest/log/embedded/open.ts'
import { T0, TOPICS } from '../../../conformance/log/log-under-test.ts'

export interface LogFolder {
  readonly path: string
  open(change?: Partial<EmbeddedLogOptions>): EmbeddedLog
  /** The files as a kill at this moment would leave them, in a folder of their own. */
  image(): LogFolder
}

/** A folder for one log file, removed after the test. */
export function logFolder(t: TestContext): LogFolder {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-log-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'log.sqlite')
  return {
    path,
    open: (change = {}) => openEmbeddedLog({ path, clock: () => T0, topics: TOPICS, ...change }),
    image() {
      const copy = logFolder(t)
      for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy.path + end)
      return copy
    },
  }
}
