import { openMemoryLog } from '../../../src/ingest/log/memory.ts'
import { logConformance } from './log-conformance.ts'

logConformance('memory', async (options) => ({ log: openMemoryLog(options), remove: () => undefined }))
