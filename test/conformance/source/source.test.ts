import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { DAY_MS } from '../../../src/model/granularity.ts'
import { unionOf } from '../../../src/model/interval.ts'
import type { Num } from '../../../src/model/number.ts'
import { mergeFrames } from '../../../src/planner/merge/merge.ts'
import { openWorld, type StoreWorld } from '../../sources/duckdb/duckdb-fixture.ts'
import { type Expected, parseScript, type Question, type Scenario } from './script.ts'
import { type Loaded, TARGETS, type Target } from './targets.ts'

const folder = import.meta.dirname
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))
const scenarios = files.flatMap((file) =>
  parseScript(readFileSync(join(folder, file), 'utf8')).map((scenario) => ({ file, scenario })),
)
const answered = new Map<string, number>()
let world: StoreWorld

before(async () => {
  world = await openWorld({ retentionRawMs: 400 * DAY_MS })
})
after(async () => {
  await world[Symbol.asyncDispose]()
})

/** One store holds every scenario, each in a dataset of its own. */
async function load(file: string, scenario: Scenario): Promise<Loaded> {
  const dataset = `${file}:${scenario.line}`
  for (const commit of scenario.commits) await world.append(commit.map((point) => ({ ...point, dataset })))
  return { scenario, dataset, raw: world.store.source }
}

async function answer(target: Target, loaded: Loaded, question: Question): Promise<Expected[] | null> {
  const frames = await target(loaded, question)
  if (frames === null) return null
  const { groupBy, descending, untilMs } = question
  const merged = mergeFrames(frames, {
    ...question,
    ratios: [],
    having: null,
    fill: 'none',
    valuesMax: null,
    labels: groupBy,
    intervals: unionOf(question.intervals),
    allStart: question.intervals[0]!.start,
    stepMs: loaded.scenario.stepMs,
    order: descending === null ? null : { value: 0, descending },
    completeUntilMs: untilMs,
  })
  return merged.series.map(({ group, points }) => ({ group, points }))
}

/** Integers to the last digit, doubles within 1e-12 of the greatest of them. */
function assertAnswer(actual: readonly Expected[], expected: readonly Expected[], where: string): void {
  const shape = (groups: readonly Expected[]) =>
    groups.map(({ group, points }) => [
      group,
      ...points.map(({ timestamp, cut }) => [new Date(timestamp).toISOString(), cut]),
    ])
  assert.deepEqual(shape(actual), shape(expected), where)
  const numbers = (groups: readonly Expected[]) =>
    groups.flatMap(({ points }) => points.flatMap(({ values }) => values))
  const [have, want] = [numbers(actual), numbers(expected)]
  assert.equal(have.length, want.length, where)
  for (const [i, value] of want.entries()) assert.ok(isSame(have[i]!, value), `${where}: ${have} is not ${want}`)
}

function isSame(have: Num | null, want: Num | null): boolean {
  if (have === null || want === null || typeof have === 'bigint' || Number.isInteger(want)) return have === want
  return Math.abs(have - Number(want)) <= 1e-12 * Math.abs(Number(want))
}

for (const { file, scenario } of scenarios) {
  test(`${file}: ${scenario.title}`, async () => {
    const loaded = await load(file, scenario)
    assert.ok(scenario.questions.length > 0, 'a scenario asks something')
    for (const question of scenario.questions) {
      for (const [name, target] of Object.entries(TARGETS)) {
        const actual = await answer(target, loaded, question)
        if (actual === null) continue
        assertAnswer(actual, question.expected, `line ${question.line} on ${name}`)
        answered.set(name, (answered.get(name) ?? 0) + 1)
      }
    }
  })
}

test('there are at least sixty scenarios, and every target answers many of them', () => {
  assert.ok(scenarios.length >= 60, `${scenarios.length} scenarios`)
  for (const name of Object.keys(TARGETS)) assert.ok((answered.get(name) ?? 0) > 10, `${name}: ${answered.get(name)}`)
})
