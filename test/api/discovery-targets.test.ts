import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Target, targetsOf } from '../../src/api/discovery-targets.ts'

const PLACE = { scheme: 'http', host: 'h:1', prefix: '' } as const
const targets = (ids: readonly string[], most: number): Target[] =>
  targetsOf({ dataset: 'cloud', type: 'kafka', label: 'resource.kafka.id', ids }, PLACE, most)
const idsIn = ({ labels }: Target): string[] => labels.__param_resource_kafka_id!.split(',')
const instances = (all: readonly Target[]): Map<string, string> =>
  new Map(all.flatMap((each) => idsIn(each).map((id) => [id, each.labels.instance!] as const)))

const someIds = fc.uniqueArray(fc.stringMatching(/^lkc-[a-z0-9]{1,8}$/), { maxLength: 60 })

test('property: each id stands in one target, no target has too many, none is empty, and no two have the same instance', () => {
  fc.assert(
    fc.property(someIds, fc.integer({ min: 1, max: 12 }), (ids, most) => {
      const all = targets(ids, most)
      assert.deepEqual(all.flatMap(idsIn).sort(), [...ids].sort())
      assert.ok(all.every((each) => idsIn(each).length <= most))
      assert.equal(new Set(all.map(({ labels }) => labels.instance)).size, all.length)
      assert.deepEqual(targets(ids.toReversed(), most), all, 'the order in which ids are found does not count')
    }),
  )
})

test('an id that goes leaves the others in their targets, but where so few are left that groups join', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `lkc-${i}`)
  const before = instances(targets(ids, 10))
  const quiet = ids.filter((gone) => {
    const after = instances(
      targets(
        ids.filter((id) => id !== gone),
        10,
      ),
    )
    return [...after].every(([id, instance]) => before.get(id) === instance)
  })
  assert.ok(quiet.length > 80, `${quiet.length} of 100`)
})

test('a split moves some ids and leaves the rest where they were', () => {
  const ids = Array.from({ length: 10 }, (_, i) => `lkc-${i}`)
  const [before, after] = [instances(targets(ids, 10)), instances(targets([...ids, 'lkc-10'], 10))]
  const stayed = ids.filter((id) => before.get(id) === after.get(id))
  assert.ok(stayed.length >= 2 && stayed.length < ids.length)
})
