import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWhere } from '../../src/commands/where.ts'

test('each operator of --where is one of the API', () => {
  const read = (text: string) => {
    const { field, op, value } = readWhere(text)
    return [field, op, value]
  }
  assert.deepEqual(read('metric.topic=orders'), ['metric.topic', 'EQ', 'orders'])
  assert.deepEqual(read('metric.topic!=orders'), ['metric.topic', 'NE', 'orders'])
  assert.deepEqual(read('metric.partition<7'), ['metric.partition', 'LT', '7'])
  assert.deepEqual(read('metric.partition<=7'), ['metric.partition', 'LTE', '7'])
  assert.deepEqual(read('metric.partition>7'), ['metric.partition', 'GT', '7'])
  assert.deepEqual(read('metric.partition>=7'), ['metric.partition', 'GTE', '7'])
  assert.deepEqual(read('metric.topic^=orders.'), ['metric.topic', 'PREFIX', 'orders.'])
  assert.deepEqual(read('metric.topic=~^a|b$'), ['metric.topic', 'REGEX', '^a|b$'])
  assert.deepEqual(read('metric.topic in a, b,c'), ['metric.topic', 'IN', ['a', 'b', 'c']])
})

test('the value begins right behind the operator, spaces and operators of its own included', () => {
  assert.equal(readWhere('a= b = c ').value, ' b = c ')
  assert.equal(readWhere('a=').value, '')
})

test('where a space stands before the operator, the ones behind it are no part of the value', () => {
  assert.deepEqual(readWhere('a >=  7'), { field: 'a', op: 'GTE', value: '7' })
})

test('what holds no comparison is refused and told how to write one', () => {
  assert.throws(() => readWhere('metric.topic'), { code: 'CONFIG_INVALID', hint: /LABEL=VALUE/ })
  assert.throws(() => readWhere('=orders'), { code: 'CONFIG_INVALID' })
})
