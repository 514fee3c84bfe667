import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { openTokenCheck, type TokenOptions } from '../../../src/api/auth/tokens.ts'
import type { LanewayError } from '../../../src/model/errors.ts'

const NOW = Date.UTC(2026, 10, 21, 10)
const SECONDS = NOW / 1000
const folder = mkdtempSync(join(tmpdir(), 'laneway-jwks-'))
after(() => rmSync(folder, { recursive: true }))

const own = await generateKeyPair('ES256', { extractable: true })
const foreign = await generateKeyPair('ES256')
const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256' }] }
const jwksPath = join(folder, 'jwks.json')
writeFileSync(jwksPath, JSON.stringify(jwks))

const options: TokenOptions = {
  issuer: 'https://issuer.example',
  audience: 'laneway',
  jwksUrl: null,
  jwksPath,
  clockSkewMsMax: 30_000,
  claims: { roles: 'roles', tenant: 'tenant', datasets: 'datasets', constraints: 'constraints' },
  scopeRequired: true,
}
const check = openTokenCheck(options, () => NOW)

const claims = {
  sub: 'ann',
  iss: options.issuer,
  aud: 'laneway',
  exp: SECONDS + 60,
  roles: ['query', 'export'],
  tenant: 't1',
  constraints: { 'resource.kafka.id': ['lkc-b', 'lkc-a'] },
}
const without = (name: string): JWTPayload => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
const signed = (payload: JWTPayload, { kid = 'k1', key = own.privateKey } = {}) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(key)

async function refusal(token: string, asked = check): Promise<LanewayError> {
  return await asked.callerOf(token).then(
    () => assert.fail('was taken'),
    (error: LanewayError) => error,
  )
}

test('a token says who asks, what it may do and what it may see', async () => {
  assert.deepEqual(await check.callerOf(await signed(claims)), {
    id: 'token:ann',
    roles: new Set(['query', 'export']),
    scope: {
      tenant: 't1',
      datasets: null,
      constraints: [{ label: 'resource.kafka.id', values: ['lkc-a', 'lkc-b'] }],
    },
  })
})

test("a token that is not valid here and now is refused in Metrics API v2's words, never with what was sent", async () => {
  const hmac = new TextEncoder().encode(await exportSPKI(own.publicKey))
  const parts = (await signed(claims)).split('.')
  const other = (await signed({ ...claims, tenant: 'other' })).split('.')
  const tokens: Record<string, string> = {
    expired: await signed({ ...claims, exp: SECONDS - 31 }),
    'not valid yet': await signed({ ...claims, nbf: SECONDS + 31 }),
    'of another audience': await signed({ ...claims, aud: 'elsewhere' }),
    'of another issuer': await signed({ ...claims, iss: 'https://evil.example' }),
    'without an end': await signed(without('exp')),
    'of nobody': await signed(without('sub')),
    unsigned: new UnsecuredJWT(claims).encode(),
    'signed with the public key as a secret': await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(hmac),
    'of an unknown key': await signed(claims, { kid: 'k2' }),
    'of a foreign key': await signed(claims, { key: foreign.privateKey }),
    'with another body': [parts[0], other[1], parts[2]].join('.'),
    'without a signature': `${parts[0]}.${parts[1]}.`,
    nonsense: 'nonsense',
  }
  for (const [what, token] of Object.entries(tokens)) {
    const error = await refusal(token)
    assert.deepEqual([error.code, error.message], ['UNAUTHENTICATED', 'Invalid credentials'], what)
    assert.ok(!JSON.stringify(error.facts).includes(token), what)
  }
  assert.match((await refusal(tokens.expired!)).hint, /has expired/)
})

test('the clock of the issuer may be off a little', async () => {
  const late = await signed({ ...claims, exp: SECONDS - 29 })
  assert.equal((await check.callerOf(late)).id, 'token:ann')
})

test('a token that says too little is forbidden: nothing unsaid means everything', async () => {
  const payloads: Record<string, JWTPayload> = {
    'no roles': without('roles'),
    'unknown roles': { ...claims, roles: ['root'] },
    'no tenant': without('tenant'),
    'no constraints': without('constraints'),
    'constraints that are a text': { ...claims, constraints: 'resource.kafka.id=lkc-a' },
    'constraints without a value': { ...claims, constraints: { 'resource.kafka.id': [] } },
    'constraints on nothing that is a label': { ...claims, constraints: { kafka: ['a'] } },
    'datasets that are a text': { ...claims, datasets: 'cloud' },
    'a tenant that is no text': { ...claims, tenant: 7 },
    'only roles over everything, and constraints': { ...claims, roles: ['admin', 'ingest'] },
  }
  for (const [what, payload] of Object.entries(payloads)) {
    const error = await refusal(await signed(payload))
    assert.equal(error.code, 'FORBIDDEN', what)
    assert.doesNotMatch(error.message, /lkc-|root|cloud/)
  }
})

test('roles that contradict constraints, or would need them, are not held', async () => {
  const constrained = await check.callerOf(await signed({ ...claims, roles: ['query', 'admin'] }))
  assert.deepEqual(constrained.roles, new Set(['query']))
  const free = await check.callerOf(await signed({ ...without('constraints'), roles: ['query', 'admin', 'ingest'] }))
  assert.deepEqual(free.roles, new Set(['admin', 'ingest']))
})

test('where the operator says so, a token without a scope sees everything', async () => {
  const open = openTokenCheck({ ...options, scopeRequired: false }, () => NOW)
  const { scope, roles } = await open.callerOf(await signed({ ...without('constraints'), tenant: undefined }))
  assert.deepEqual([scope.datasets, scope.constraints, [...roles]], [null, [], ['query', 'export']])
})

test('claims may have other names, lie deeper, and list roles in one text', async () => {
  const names = { roles: 'realm.access', tenant: 'https://x.example/org', datasets: 'ds', constraints: 'c' }
  const named = openTokenCheck({ ...options, claims: names }, () => NOW)
  const { iss, aud, exp, sub } = claims
  const payload = { iss, aud, exp, sub, realm: { access: 'export query' }, [names.tenant]: 't2', ds: ['b', 'a'] }
  const caller = await named.callerOf(await signed(payload))
  assert.deepEqual([...caller.roles], ['export', 'query'])
  assert.deepEqual(caller.scope, { tenant: 't2', datasets: ['a', 'b'], constraints: [] })
})

/** Answers with whatever `say` does. */
async function listening(say: Parameters<typeof createServer>[1]): Promise<{ server: Server; url: string }> {
  const server = createServer(say!)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` }
}

test('keys are fetched once and used again, and when they cannot be had nothing is said about the token', async (t) => {
  let asked = 0
  let mode: 'down' | 'huge' | 'moved' | 'up' = 'down'
  const { server, url } = await listening((_, response) => {
    asked++
    if (mode === 'down') response.writeHead(500).end('no')
    else if (mode === 'moved') response.writeHead(302, { location: '/else' }).end()
    else if (mode === 'huge') response.end(`{"keys":[${' '.repeat(2 * 1024 * 1024)}]}`)
    else response.end(JSON.stringify(jwks))
  })
  t.after(() => server.close())
  const remote = openTokenCheck({ ...options, jwksPath: null, jwksUrl: url }, () => NOW)
  const token = await signed(claims)
  for (const each of ['down', 'huge', 'moved'] as const) {
    mode = each
    const { code, retriable } = await refusal(token, remote)
    assert.deepEqual([code, retriable], ['TOKEN_KEYS_UNAVAILABLE', true], each)
  }
  mode = 'up'
  asked = 0
  assert.equal((await remote.callerOf(token)).id, 'token:ann')
  await remote.callerOf(token)
  assert.equal((await refusal(await signed(claims, { kid: 'k2' }), remote)).code, 'UNAUTHENTICATED')
  assert.equal(asked, 1)
})

test('keys come from one place, over https or from this machine', () => {
  const wrong: [string, Partial<TokenOptions>][] = [
    ['neither', { jwksPath: null }],
    ['both', { jwksUrl: 'https://issuer.example/jwks' }],
    ['plain http', { jwksPath: null, jwksUrl: 'http://issuer.example/jwks' }],
    ['no address', { jwksPath: null, jwksUrl: 'nowhere' }],
    ['no file', { jwksPath: join(folder, 'none') }],
    ['no key set', { jwksPath: new URL(import.meta.url).pathname }],
  ]
  for (const [what, changes] of wrong) {
    const open = () => openTokenCheck({ ...options, ...changes }, () => NOW)
    assert.throws(open, (error: LanewayError) => error.code === 'CONFIG_INVALID', what)
  }
  openTokenCheck({ ...options, jwksPath: null, jwksUrl: 'https://issuer.example/jwks' }, () => NOW)
})
