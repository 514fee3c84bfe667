import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { knownNames, namesIn } from './known-names.ts'

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}

interface Dashboard {
  readonly uid: string
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly {
      readonly name: string
      readonly query: { readonly query: string }
      readonly datasource: { readonly uid: string }
    }[]
  }
}

const files = globSync('deploy/grafana/dashboards/*.json').sort()
const dashboards = files.map((path): [string, Dashboard] => [path, JSON.parse(readFileSync(path, 'utf8'))])

test('there is a dashboard of the exported metrics and one of the gateway, each with an id of its own', () => {
  assert.deepEqual(
    dashboards.map(([, { uid }]) => uid),
    ['laneway-kafka', 'laneway-own'],
  )
})

test('panels and variables ask the data source that is provisioned', () => {
  const { datasources } = parse(readFileSync('deploy/grafana/datasources/laneway.yaml', 'utf8'))
  const uids = datasources.map(({ uid }: { uid: string }) => uid)
  for (const [path, { panels, templating }] of dashboards) {
    const asked = panels.flatMap((panel) => [
      ...(panel.datasource ? [panel.datasource] : []),
      ...(panel.targets ?? []).map(({ datasource }) => datasource),
    ])
    for (const { uid } of [...asked, ...templating.list.map(({ datasource }) => datasource)])
      assert.ok(uids.includes(uid), path)
  }
})

test('panels speak of series that exist, and of variables that the dashboard has', () => {
  const known = knownNames()
  for (const [path, { panels, templating }] of dashboards) {
    const variables = templating.list.map(({ name }) => name)
    for (const { title, targets = [] } of panels) {
      for (const { expr } of targets) {
        for (const name of namesIn(expr)) assert.ok(known.has(name), `${path}, ${title}: ${name}`)
        for (const [, name] of expr.matchAll(/\$(\w+)/g))
          assert.ok(variables.includes(name!), `${path}, ${title}: $${name}`)
      }
    }
    for (const { query } of templating.list) {
      assert.ok(known.has(/label_values\((\w+)/.exec(query.query)![1]!), query.query)
    }
  }
})

test('panels have ids of their own, lie within the width and on no other', () => {
  for (const [path, { panels }] of dashboards) {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, path)
    for (const [i, { title, gridPos: a }] of panels.entries()) {
      assert.ok(a.x + a.w <= 24, title)
      const under = panels
        .slice(i + 1)
        .find(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
      assert.equal(under, undefined, `${path}: ${title} lies on ${under?.title}`)
    }
  }
})
