import { openEmbeddedLog } from '../../../../src/ingest/log/embedded/open.ts'
import { recordOf, TOPICS } from '../../../conformance/log/log-under-test.ts'

/**
 * Copies numbers from `events` to `results` and `state`, and says on stdout what it was told is done, until it is
 * killed. Usage: node writing-child.ts PATH
 */
const log = openEmbeddedLog({ path: process.argv[2]!, clock: Date.now, topics: TOPICS })

async function feed(): Promise<void> {
  const { end } = (await log.tail('events').describe()).partitions[0]!
  const { writer } = log
  for (let n = Number(end); ; n++) {
    await writer.append([recordOf('events', { value: `${n}`, timestampMs: Date.now() })])
    process.stdout.write(`fed ${n}\n`)
  }
}

const handler = {
  assigned: async () => undefined,
  handle: async (
    _partition: number,
    records: readonly { value: Uint8Array | null }[],
    txn: { append(batch: ReturnType<typeof recordOf>[]): void },
  ) => {
    for (const { value } of records) {
      const text = Buffer.from(value!).toString()
      txn.append([recordOf('results', { value: text }), recordOf('state', { key: text, value: text })])
    }
  },
}

process.stdout.write('ready\n')
void log.group.run(
  { group: 'copy', topic: 'events', transactionalIdPrefix: 'copy' },
  handler,
  new AbortController().signal,
)
await feed()
