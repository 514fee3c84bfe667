/**
 * `npm run bench`: every figure of the front door, one line each, in about three minutes on two idle cores. Each part is
 * a file of this folder with its method at its top, run in a process of its own, one after the other. Both sides of a line are
 * measured in turn within one run, so that what else the machine does meets both: compare ratios, not times.
 * usage: node bench/run.ts [part …]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'

const PARTS: Readonly<Record<string, readonly string[]>> = {
  http: ['http.ts'],
  plan: ['plan.ts'],
  memory: ['push-table.ts', 'p6'],
  export: ['export.ts'],
}

async function run([file, ...args]: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file!), ...args], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code === 0
}

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS)
const unknown = asked.filter((name) => !(name in PARTS))
if (unknown.length > 0) {
  console.error(`no part ${unknown.join(', ')}; parts are ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}
const cores = availableParallelism()
console.log(`Node ${process.version}, ${cores} cores, load ${loadavg()[0]!.toFixed(1)}`)
if (loadavg()[0]! > cores / 2) console.log('others work on this machine: times say little, ratios more')
const started = performance.now()
let failed = 0
for (const name of asked) if (!(await run(PARTS[name]!))) failed++
console.log(`${Math.round((performance.now() - started) / 1000)} s`)
process.exitCode = failed > 0 ? 1 : 0
