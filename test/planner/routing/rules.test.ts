import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asked, at, clock, measure, plan, rollup, run, span } from './routing-fixture.ts'

const p = (x: { text: string }) => console.log(x.text + '\n')
test('x', () => {
  const topic = rollup('topic_1m')
  p(plan({}, [{ rollup: topic }]))
  p(plan({ groupBy: ['broker'] }, [{ rollup: topic }]))
  p(plan({ intervals: [clock('10:30/13:30')] }, [{ rollup: topic }, { rollup: rollup('topic_1h', { grain: 'PT1H' }) }]))
  p(plan({ intervals: [clock('14:30/16:00')] }, [{ rollup: topic }, { rollup: rollup('topic_1h', { grain: 'PT1H' }) }]))
})
