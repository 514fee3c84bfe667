import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  asked,
  clock,
  eq,
  hourlyServed,
  measure,
  or,
  plan,
  rollup,
  run,
  type Served,
  topicServed,
} from './routing-fixture.ts'

const hint = (changes: Parameters<typeof plan>[0], served: readonly Served[], world?: Parameters<typeof plan>[2]) =>
  plan(changes, served, world).route.hint

test('the smallest addition that helps is named, with how much it would have covered', () => {
  const wide: Served = { rollup: rollup('wide_1m', { labels: ['broker', 'topic'] }) }
  const asks = { groupBy: ['broker', 'cluster'] }
  assert.equal(hint(asks, [topicServed(), wide]), 'keeping broker in cloud/topic_1m would have covered 100 %')
  assert.equal(
    hint({ ...asks, filter: or(eq('topic', 'a'), eq('broker', '1')) }, [wide]),
    'keeping cluster in cloud/wide_1m would have covered 100 %',
  )
})

test('of additions of one size the one that covers most is named', () => {
  const long = topicServed({}, [run(clock('10:00/11:20'), { rows: 300 })])
  const short: Served = {
    rollup: rollup('short_5m', { grain: 'PT5M' }),
    runs: [run(clock('10:00/10:30'), { rows: 300 })],
  }
  assert.equal(hint({ groupBy: ['broker'] }, [short, long]), 'keeping broker in cloud/topic_1m would have covered 66 %')
})

test('a measure to store is named by its key', () => {
  const measures = [asked('SUM:bytes SUM'), asked('MAX:bytes MAX')]
  assert.equal(hint({ measures }, [topicServed()]), 'storing MAX:bytes in cloud/topic_1m would have covered 100 %')
})

test('nothing is hinted when push answered all that could be', () => {
  assert.equal(hint({}, [topicServed()]), null)
  assert.equal(hint({ intervals: [clock('15:00/16:00')] }, [topicServed()]), null)
  assert.equal(hint({}, [topicServed({}, [])]), null)
  assert.equal(hint({}, []), null)
})

test('nothing is hinted that would not help', () => {
  assert.equal(hint({ groupBy: ['broker'], granularity: 'PT5M' }, [hourlyServed()]), null, 'windows too wide')
  assert.equal(hint({ groupBy: ['broker'] }, [topicServed({}, [])]), null, 'nothing covered')
  assert.equal(hint({ groupBy: ['broker'], avoid: ['push'] }, [topicServed()]), null, 'not allowed')
  assert.equal(
    hint({ measures: [asked('SUM:bytes MAX')], filter: or(eq('broker', '1'), eq('topic', 'a')) }, [hourlyServed()]),
    null,
    'the label would have to be dropped again, and that is not exact',
  )
})

test('nothing is hinted that a catalog refuses: a label that another stored measure does not have', () => {
  const measures = [measure('SUM:bytes'), measure('SUM:bytes_of_cluster')]
  const cluster: Served = { rollup: rollup('cluster_1m', { labels: ['cluster'], measures }) }
  assert.equal(hint({ groupBy: ['topic'] }, [cluster]), null)
})
