import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topicNames } from '../../src/model/topics.ts'

test('every topic carries the prefix of its installation', () => {
  assert.deepEqual(topicNames('laneway.'), {
    aggregates: 'laneway.aggregates',
    tasks: 'laneway.tasks',
    taskState: 'laneway.task-state',
    descriptors: 'laneway.descriptors',
  })
})
