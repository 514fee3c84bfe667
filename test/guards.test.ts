import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hashSecret } from '../src/api/static-keys.ts'
import { loadConfig } from '../src/config.ts'
import type { ConfigKey } from '../src/config-keys.ts'
import { openGuards } from '../src/guards.ts'
import type { LanewayError } from '../src/model/errors.ts'
import { openLog } from '../src/telemetry/log.ts'
import { selfSigned } from './api/self-signed.ts'

const folder = mkdtempSync(join(tmpdir(), 'laneway-guards-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const keysPath = file('keys', `ann:${hashSecret('s')}:query\n`)
const jwksPath = file('jwks.json', '{"keys":[]}')
const tls = selfSigned()
const certPath = file('cert.pem', tls.cert)
const keyPath = file('key.pem', tls.key)
const issuer = { 'auth.jwt.issuer': 'https://issuer.example', 'auth.jwt.jwksPath': jwksPath }
const jwt = { ...issuer, 'auth.jwt.audience': 'laneway' }

function open(flags: Partial<Record<ConfigKey, unknown>>, log: string[] = []) {
  const { config } = loadConfig({ environment: {}, flags })
  return openGuards(config, { clock: () => 0, logger: openLog('info', { write: (line) => void log.push(line) }) })
}

test('everybody may come in on loopback, or where the configuration says so, and nowhere else', () => {
  for (const flags of [{}, { 'http.host': '::1' }, { 'http.host': '0.0.0.0', 'http.anonymous': true }]) {
    const { keys, tokens } = open(flags)
    assert.deepEqual([keys, tokens], [null, null])
  }
  for (const flags of [{ 'keys.path': keysPath }, jwt]) open({ 'http.host': '0.0.0.0', ...flags }).close()
  const isRefused = ({ code, facts }: LanewayError) => code === 'CONFIG_INVALID' && facts.configKey === 'keys.path'
  assert.throws(() => open({ 'http.host': '0.0.0.0' }), isRefused)
})

test('half a configuration is refused by the key that is missing, and files are never quoted', () => {
  const wrong: [string, Partial<Record<ConfigKey, unknown>>][] = [
    ['auth.jwt.audience', issuer],
    ['auth.jwt.jwksUrl', { ...jwt, 'auth.jwt.jwksUrl': 'https://issuer.example/jwks' }],
    ['http.tls.keyPath', { 'http.tls.certPath': certPath }],
    ['http.tls.certPath', { 'http.tls.certPath': join(folder, 'none'), 'http.tls.keyPath': keyPath }],
  ]
  for (const [key, flags] of wrong) {
    const isNamed = (error: LanewayError) => error.facts.configKey === key && !error.message.includes('BEGIN')
    assert.throws(() => open(flags), isNamed, key)
  }
  assert.deepEqual(open({ 'http.tls.certPath': certPath, 'http.tls.keyPath': keyPath }).tls, tls)
})

test('the file of keys is read again when it changes, and a mistake in it is logged without what stands there', async () => {
  const log: string[] = []
  const { keys, close } = open({ 'keys.path': keysPath, 'keys.reloadPeriodMs': 100 }, log)
  writeFileSync(keysPath, `bob:${hashSecret('s')}:query\n`)
  while (keys!.find('bob', 's') === null) await sleep(5)
  assert.equal(keys!.find('ann', 's'), null)
  writeFileSync(keysPath, 'eve:hunter2:query:more\n')
  while (!log.some((line) => line.includes('go on'))) await sleep(5)
  assert.ok(keys!.find('bob', 's'))
  assert.doesNotMatch(log.join(''), /hunter2/)
  close()
})
