import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { LocalLog } from '../../../src/ingest/log/local-log.ts'
import type { GroupTransaction, LogRecord } from '../../../src/ports/log.ts'
import type { Case } from './case.ts'
import { boundsOf, contentOf, HOUR, numbered, recordOf, T0, textOf } from './log-under-test.ts'

interface MemberOptions {
  readonly group?: string
  /** Of its fences: groups that share one shut each other out, as with a broker. */
  readonly prefix?: string
  readonly handle?: (partition: number, values: readonly string[], txn: GroupTransaction) => void | Promise<void>
  readonly assigned?: (partition: number) => void | Promise<void>
}

/** A member of a group that remembers what it handled to the end. */
class Member {
  readonly handled: string[] = []
  readonly assigned: number[] = []
  readonly done: Promise<void>
  readonly #ended = new AbortController()
  readonly #watchers = new Set<() => void>()

  constructor(
    log: LocalLog,
    { group = 'workers', prefix = 'worker', handle = () => undefined, assigned = () => undefined }: MemberOptions = {},
  ) {
    const handler = {
      assigned: async (partition: number) => {
        await assigned(partition)
        this.assigned.push(partition)
        this.#tell()
      },
      handle: async (partition: number, records: readonly LogRecord[], txn: GroupTransaction) => {
        const values = records.map(({ value }) => textOf(value)!)
        await handle(partition, values, txn)
        this.handled.push(...values)
        this.#tell()
      },
    }
    this.done = log.group.run({ group, topic: 'events', transactionalIdPrefix: prefix }, handler, this.#ended.signal)
    this.done.catch(() => undefined)
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.add(resolve))
  }

  count(n: number): Promise<void> {
    return this.until(() => this.handled.length >= n)
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await this.done
  }

  #tell(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const resolve of watchers) resolve()
  }
}

const everywhere = (name: string, n: number): LogRecord[] =>
  [0, 1, 2].flatMap((partition) => numbered('events', `${name}${partition}`, n, { partition }))

const copyTo = (topic: string, values: readonly string[]): LogRecord[] =>
  values.map((value) => recordOf(topic, { value }))

export function groupCases(check: Case): void {
  positions(check)
  transactions(check)
  failures(check)
  members(check)
}

function positions(check: Case): void {
  check('a group handles every record of every partition once, in order', async ({ log }) => {
    await log.writer.append(everywhere('r', 10))
    const member = new Member(log)
    await member.count(30)
    await log.writer.append(everywhere('s', 1))
    await member.count(33)
    await member.stop()
    assert.equal(new Set(member.handled).size, 33)
    const ofOne = member.handled.filter((value) => value.startsWith('r1-'))
    assert.deepEqual(
      ofOne,
      Array.from({ length: 10 }, (_, i) => `r1-${i}`),
    )
  })

  check('a group goes on where it stopped', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 6))
    const first = new Member(log)
    await first.count(6)
    await first.stop()
    await log.writer.append(numbered('events', 'b', 2))
    const second = new Member(log)
    await second.count(2)
    await second.stop()
    assert.deepEqual(second.handled, ['b-0', 'b-1'])
  })

  check('each group handles everything', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 5))
    const [one, other] = ['one', 'other'].map((name) => new Member(log, { group: name, prefix: name })) as [
      Member,
      Member,
    ]
    await one.count(5)
    await other.count(5)
    await one.stop()
    await other.stop()
    assert.deepEqual(one.handled, other.handled)
  })

  check('records that retention took before they were handled are passed over', async ({ log }) => {
    const old = T0 - 2 * HOUR
    await log.writer.append(numbered('events', 'a', 2, { timestampMs: old }))
    const first = new Member(log)
    await first.count(2)
    await first.stop()
    await log.writer.append([...numbered('events', 'lost', 3, { timestampMs: old }), ...numbered('events', 'kept', 2)])
    await log.maintain(T0)
    const second = new Member(log)
    await second.count(2)
    await second.stop()
    assert.deepEqual(second.handled, ['kept-0', 'kept-1'])
  })

  check('added partitions are handled too', async ({ log }) => {
    const member = new Member(log)
    await member.until(() => member.assigned.length === 3)
    await log.admin.addPartitions('events', 4)
    await log.writer.append(numbered('events', 'new', 2, { partition: 3 }))
    await member.count(2)
    await member.stop()
    assert.deepEqual([...member.assigned].sort(), [0, 1, 2, 3])
  })

  check('a topic that the log does not have is refused', async ({ log }) => {
    const options = { group: 'g', topic: 'nowhere', transactionalIdPrefix: 'w' }
    const handler = { assigned: async () => undefined, handle: async () => undefined }
    await assert.rejects(log.group.run(options, handler, new AbortController().signal), { code: 'FIELD_INVALID' })
  })
}

function transactions(check: Case): void {
  check('what a handler appends is there with its offset, and not before', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 3))
    const seenDuring: number[] = []
    const member = new Member(log, {
      handle: async (_, values, txn) => {
        txn.append(copyTo('results', values))
        txn.append(copyTo('state', values))
        seenDuring.push((await boundsOf(log, 'results'))[1])
      },
    })
    await member.count(3)
    await member.stop()
    assert.deepEqual(seenDuring, [0])
    assert.deepEqual(await contentOf(log, 'results'), ['a-0', 'a-1', 'a-2'])
    assert.deepEqual(await contentOf(log, 'state'), ['a-0', 'a-1', 'a-2'])
  })

  check('a stop lets the batch that is being handled commit', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 2))
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const member = new Member(log, {
      handle: async (_, values, txn) => {
        begun.resolve()
        await gate.promise
        txn.append(copyTo('results', values))
      },
    })
    await begun.promise
    const stopped = member.stop()
    gate.resolve()
    await stopped
    assert.deepEqual(await contentOf(log, 'results'), ['a-0', 'a-1'])
    const next = new Member(log)
    await log.writer.append(numbered('events', 'b', 1))
    await next.count(1)
    await next.stop()
    assert.deepEqual(next.handled, ['b-0'])
  })

  check('what the handler appends is refused as a whole when a record of it is', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 1))
    let tries = 0
    const member = new Member(log, {
      handle: (_, values, txn) => {
        txn.append(copyTo('results', values))
        if (tries++ === 0) txn.append([recordOf('nowhere', {})])
      },
    })
    await member.count(2)
    await member.stop()
    assert.deepEqual(await contentOf(log, 'results'), ['a-0'])
  })
}

function failures(check: Case): void {
  check('records whose handler throws are handled again, and what it appended is forgotten', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 3))
    let tries = 0
    const member = new Member(log, {
      handle: (_, values, txn) => {
        txn.append(copyTo('results', values))
        if (++tries < 3) throw new Error('not yet')
      },
    })
    await member.count(3)
    await member.stop()
    assert.equal(tries, 3)
    assert.deepEqual(await contentOf(log, 'results'), ['a-0', 'a-1', 'a-2'])
  })

  check('a partition that fails does not hold up the others', async ({ log }) => {
    await log.writer.append(everywhere('r', 20))
    let failing = true
    const member = new Member(log, {
      handle: (partition) => {
        if (partition === 1 && failing) throw new Error('broken')
      },
    })
    await member.count(40)
    assert.ok(member.handled.every((value) => !value.startsWith('r1-')))
    failing = false
    await member.count(60)
    await member.stop()
  })

  check('a failing assigned is called again before any record', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 1))
    let tries = 0
    const member = new Member(log, {
      assigned: (partition) => {
        if (partition === 0 && ++tries < 3) throw new Error('not yet')
      },
    })
    await member.count(1)
    await member.stop()
    assert.equal(tries, 3)
  })

  check('a group that fails says so, until it succeeds', async ({ log }) => {
    await log.writer.append(numbered('events', 'a', 1))
    let failing = true
    const member = new Member(log, {
      handle: () => {
        if (failing) throw new Error('worker broke')
      },
    })
    while (log.health.status().state === 'ok') await setImmediate()
    assert.match(log.health.status().detail, /handling failed: worker broke/)
    failing = false
    while (log.health.status().state !== 'ok') await setImmediate()
    await member.stop()
    assert.deepEqual(member.handled, ['a-0'])
  })
}

function members(check: Case): void {
  check('a partition is fenced, then assigned, then handled', async ({ log }) => {
    const { writer } = log
    await writer.append([...numbered('events', 'a', 1)], { id: 'worker-0' })
    const order: string[] = []
    const member = new Member(log, {
      assigned: async (partition) => {
        if (partition !== 0) return
        const fencedOut = await writer.append([recordOf('results', {})], { id: 'worker-0' }).then(
          () => 'not fenced',
          () => 'fenced',
        )
        order.push(fencedOut, 'assigned')
      },
      handle: () => void order.push('handled'),
    })
    await member.count(1)
    await member.stop()
    assert.deepEqual(order, ['fenced', 'assigned', 'handled'])
  })

  check('members divide the partitions, and no record is handled twice', async ({ log }) => {
    const [one, other] = [new Member(log), new Member(log)]
    await other.until(() => other.assigned.length > 0)
    await log.writer.append(everywhere('r', 10))
    const all = () => one.handled.length + other.handled.length === 30
    await Promise.race([one.until(all), other.until(all)])
    await one.stop()
    await other.stop()
    assert.equal(new Set([...one.handled, ...other.handled]).size, 30)
    assert.ok(one.handled.length > 0 && other.handled.length > 0)
  })

  check('the partitions of a member that leaves go to the others', async ({ log }) => {
    const [one, other] = [new Member(log), new Member(log)]
    await other.until(() => other.assigned.length > 0)
    await one.stop()
    await log.writer.append(everywhere('r', 2))
    await other.count(6)
    await other.stop()
    assert.equal(new Set(other.handled).size, 6)
  })

  for (const [prefix, how] of [
    ['worker', ''],
    ['other', ", also when its fences are not the other member's"],
  ] as const) {
    check(`a member that lost its partition while it handled commits nothing${how}`, async ({ log }) => {
      await log.writer.append(everywhere('r', 1))
      const begun = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      let busy = 0
      const slow = new Member(log, {
        handle: async (_, values, txn) => {
          if (++busy === 3) begun.resolve()
          await gate.promise
          txn.append(
            copyTo(
              'results',
              values.map((value) => `slow ${value}`),
            ),
          )
        },
      })
      await begun.promise
      const quick = new Member(log, { prefix, handle: (_, values, txn) => txn.append(copyTo('results', values)) })
      await quick.count(1)
      gate.resolve()
      await slow.count(3)
      await slow.stop()
      await quick.count(1)
      await quick.stop()
      const results = await contentOf(log, 'results')
      assert.equal(results.length, 3)
      assert.deepEqual(results.map((value) => value!.replace('slow ', '')).sort(), ['r0-0', 'r1-0', 'r2-0'])
      assert.ok(quick.handled.every((value) => results.includes(value)))
    })
  }
}
