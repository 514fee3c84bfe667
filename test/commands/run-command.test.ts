import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { COMMANDS } from '../../src/commands/commands.ts'
import { laneway } from './told.ts'

test('the overview names every command, and help of each says what every flag is for', async () => {
  const overview = await laneway(['help'])
  assert.equal(overview.code, 0)
  for (const { name, about, flags } of COMMANDS) {
    assert.ok(overview.out.includes(`  ${name.padEnd(10)} ${about}`), name)
    const help = await laneway([name, '--help'])
    assert.equal(help.code, 0)
    assert.match(help.out, /exit codes: 0 done, 1 failed, 2 wrong/)
    for (const flag of Object.keys(flags))
      assert.match(help.out, new RegExp(`^  --${flag}( [A-Z]\\S*)? +\\S`, 'm'), `${name} --${flag}`)
  }
})

test('an unknown command, an unknown flag and a word too many end with 2 and what to write instead', async () => {
  const unknown = await laneway(['qeury'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.err, /laneway qeury: no such command/)
  assert.match(unknown.out, /^ {2}query /m)
  const flag = await laneway(['query', '--metrik', 'x'])
  assert.equal(flag.code, 2)
  assert.match(flag.err, /^CONFIG_INVALID: query: Unknown option '--metrik'\n {2}laneway query --metric NAME/)
  const word = await laneway(['query', 'received_bytes'])
  assert.equal(word.code, 2)
  assert.match(word.err, /query takes flags only, not "received_bytes"/)
})

test('the program itself exits with the code of the command', () => {
  const { status, stdout } = spawnSync(process.execPath, ['src/cli.ts', 'help'], { encoding: 'utf8' })
  assert.equal(status, 0)
  assert.match(stdout, /^ {2}doctor /m)
  assert.equal(spawnSync(process.execPath, ['src/cli.ts', 'config', '--port', 'x']).status, 2)
})

test('the page about the command line shows every command with every flag, and none that is not there', () => {
  const page = readFileSync('docs/command-line.md', 'utf8')
  const sections = new Map(
    page
      .split(/^## laneway /m)
      .slice(1)
      .map((text) => [text.split('\n')[0]!, text]),
  )
  assert.deepEqual([...sections.keys()].sort(), COMMANDS.map(({ name }) => name).sort())
  for (const { name, flags } of COMMANDS) {
    const section = sections.get(name)!
    assert.match(section, /```\n(?:npx )?laneway /, `${name} has an example`)
    const named = new Set([...section.matchAll(/`--([a-z][\w-]*)/g)].map((match) => match[1]!))
    const expected = Object.keys(flags).filter((flag) => !isShared(flag))
    assert.deepEqual([...named].filter((flag) => !isShared(flag)).sort(), expected.sort(), name)
  }
})

/** Described once for all commands, at the top of the page. */
const isShared = (flag: string): boolean =>
  [
    'url',
    'key',
    'json',
    'help',
    'dataset',
    'config',
    'catalog',
    'data',
    'host',
    'port',
    'otlp-port',
    'keys',
    'log-level',
  ].includes(flag)
