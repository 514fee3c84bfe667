// needs python
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { hashSecret } from '../../src/api/static-keys.ts'
import { type Gateway, openLiveGateway } from './gateway.ts'
import { run, TOOLS } from './tools.ts'

// schemathesis reads the contract that the gateway serves, makes requests that fit it and requests that do not, and holds
// every answer against it: status, content type, schema, headers, methods, credentials.

const SECRET = 'a-secret-for-one-run'
const MAX_EXAMPLES = { names: 40, contract: 10 }
const folder = mkdtempSync(join(tmpdir(), 'laneway-schemathesis-'))
let gateway: Gateway
after(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
})
before(async () => {
  gateway = await openLiveGateway({ 'keys.path': keysFile(), 'rate.requestsPerMinuteMax': 1_000_000 })
})

function keysFile(): string {
  const path = join(folder, 'keys')
  writeFileSync(path, `fuzzer:${hashSecret(SECRET)}:query,export,support,ingest,admin\n`)
  return path
}

async function schemathesis(config: string, args: readonly string[]): Promise<void> {
  const fixed = ['--checks', 'all', '--phases', 'examples,coverage,fuzzing', '--seed', '1', '--continue-on-failure']
  const { code, out, err } = await run(
    TOOLS.schemathesis,
    ['--no-color', '--config-file', join(import.meta.dirname, config), 'run', ...args, ...fixed, '--no-shrink'],
    { cwd: folder },
  )
  assert.equal(code, 0, `${out}\n${err}`)
  console.log(/Test cases:\n.*/.exec(out)?.[0])
}

test('every request of schemathesis, with a key, is answered as the contract says', async () => {
  const url = `${gateway.url}/openapi.yaml`
  await schemathesis('schemathesis.toml', [
    url,
    '--auth',
    `fuzzer:${SECRET}`,
    '--max-examples',
    `${MAX_EXAMPLES.contract}`,
  ])
})

test('so is every request that names what is really there', async () => {
  const url = `${gateway.url}/openapi.yaml`
  const args = [url, '--auth', `fuzzer:${SECRET}`, '--max-examples', `${MAX_EXAMPLES.names}`]
  await schemathesis('schemathesis-names.toml', args)
})

test('without keys, the contract without its credentials holds', async (t) => {
  const open = await openLiveGateway()
  t.after(() => open.close())
  const contract = await (await fetch(`${open.url}/openapi.json`)).json()
  const path = join(folder, 'contract.json')
  writeFileSync(path, JSON.stringify(withoutCredentials(contract as Contract)))
  await schemathesis('schemathesis.toml', [path, '--url', open.url, '--max-examples', `${MAX_EXAMPLES.contract}`])
})

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { security?: unknown }>>>>
}

/** On loopback nobody needs a key unless the gateway was given some, which a document cannot say. */
function withoutCredentials(contract: Contract): Contract {
  for (const path of Object.values(contract.paths)) {
    for (const operation of Object.values(path)) operation.security = []
  }
  return contract
}
