import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { loadCatalogFiles } from '../../src/catalog/catalog-files.ts'
import { knownNames, namesIn, readRules } from './known-names.ts'

// promtool checks the files themselves where it is installed: test/clients/promtool.clients.test.ts.

test('names are found in an expression, functions, labels and texts are not', () => {
  const text =
    'sum by (kafka_id) (rate(a_total{x=~"b"}[5m] offset 5m)) / on (le) group_left max_over_time(c:d[1h]) > bool 3'
  assert.deepEqual(namesIn(text), ['a_total', 'c:d'])
})

test('rules speak of series that exist: of exports, of the gateway itself, or recorded', () => {
  const known = knownNames()
  for (const name of ['recording.rules.yml', 'alerts.rules.yml']) {
    for (const { expr, record, alert } of readRules(name).flatMap(({ rules }) => rules)) {
      for (const each of namesIn(expr)) assert.ok(known.has(each), `${record ?? alert}: ${each}`)
    }
  }
})

test('every alert says what happened, and each of Laneway itself what to do', () => {
  for (const { name, rules } of readRules('alerts.rules.yml')) {
    for (const { alert, annotations } of rules) {
      assert.ok(annotations?.summary, alert)
      if (name === 'laneway') assert.ok(annotations.action, alert)
    }
  }
})

interface Job {
  readonly job_name: string
  readonly metrics_path?: string
  readonly honor_timestamps?: boolean
  readonly params?: { readonly metric?: readonly string[] }
  readonly basic_auth?: object
}

const jobsOf = (name: string): readonly Job[] => parse(readFileSync(`deploy/prometheus/${name}`, 'utf8')).scrape_configs

test('jobs that scrape exports keep their timestamps, and name metrics that the catalog has', () => {
  const { metrics } = loadCatalogFiles(['catalog']).datasets.get('cloud')!
  for (const job of [...jobsOf('prometheus.yml'), ...jobsOf('prometheus-with-key.yml')]) {
    if (job.metrics_path !== '/metrics') assert.equal(job.honor_timestamps, true, job.job_name)
    for (const name of job.params?.metric ?? []) assert.ok(metrics.has(name), name)
  }
})

test('with keys, every job has its key from a file', () => {
  for (const job of jobsOf('prometheus-with-key.yml')) {
    assert.ok(job.basic_auth && 'password_file' in job.basic_auth, job.job_name)
  }
})
