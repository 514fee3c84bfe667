#!/usr/bin/env node
// Plain JavaScript that also an old Node reads: finds Node 24 (it comes with `npm ci`) and runs src/cli.ts with it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NODE_NEEDED = 24
const entry = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= NODE_NEEDED) {
  await import(new URL('../src/cli.ts', import.meta.url).href)
} else {
  const bundled = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(bundled)) {
    console.error(
      `Laneway needs Node ${NODE_NEEDED}; this is ${process.version}. Run "npm ci" (it brings Node 24 on Linux) or install Node 24.`,
    )
    process.exit(2)
  }
  const child = spawn(bundled, [entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
