// needs prometheus
import assert from 'node:assert/strict'
import { cpSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Gateway, openLiveGateway } from './gateway.ts'
import { run, TOOLS } from './tools.ts'

// promtool checks what Prometheus would complain about, and what its authors advise against.

let gateway: Gateway
before(async () => {
  gateway = await openLiveGateway()
})
after(() => gateway.close())

async function checkMetrics(path: string): Promise<string> {
  const response = await fetch(`${gateway.url}${path}`, { headers: { accept: 'text/plain;version=0.0.4' } })
  assert.equal(response.status, 200)
  const { code, out, err } = await run(TOOLS.promtool, ['check', 'metrics'], { input: await response.text() })
  // 3: read, with advice
  assert.ok(code === 0 || code === 3, err)
  return `${out}${err}`.trim()
}

/** Advice about names: those of exports are what their senders called them, as Metrics API v2 writes them. */
const ON_NAMES = /should not have "_(?:total|count|sum|bucket)" suffix$|written in 'snake_case' not 'camelCase'$/

test("promtool has no advice for the gateway's own metrics but for three that prom-client names", async () => {
  const advice = await checkMetrics('/metrics')
  for (const line of advice.split('\n')) assert.match(line, /^nodejs_active_(?:handles|requests|resources)_total /)
})

test('promtool reads the exports, deltas and totals', async () => {
  for (const parameters of ['', '?counters=cumulative', '?lookback=PT5M']) {
    const advice = await checkMetrics(`/v2/metrics/cloud/export${parameters}`)
    for (const line of advice.split('\n').filter(Boolean)) assert.match(line, ON_NAMES)
  }
})

const DEPLOYED = 'deploy/prometheus'

async function promtool(...args: string[]): Promise<void> {
  const { code, out, err } = await run(TOOLS.promtool, args)
  assert.equal(code, 0, `${args.join(' ')}\n${out}${err}`)
}

test('the configurations that come with Laneway are right', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'laneway-promtool-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(DEPLOYED, folder, { recursive: true })
  for (const name of ['laneway.secret', 'laneway-own.secret']) writeFileSync(join(folder, name), 'secret')
  await promtool('check', 'config', join(folder, 'prometheus.yml'), join(folder, 'prometheus-with-key.yml'))
})

test('its rules are right and do what their tests say', async () => {
  await promtool('check', 'rules', ...globSync(`${DEPLOYED}/*.rules.yml`))
  await promtool('test', 'rules', `${DEPLOYED}/rules.test.yml`)
})
