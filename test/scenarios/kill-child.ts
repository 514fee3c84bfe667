// A Laneway that kills itself (SIGKILL) at a chosen moment; the other end of kill.faults.test.ts.
import { subscribe } from 'node:diagnostics_channel'
import { loadConfig } from '../../src/config.ts'
import { openLaneway } from '../../src/main.ts'
import type { KillOrder } from './kill-order.ts'
import { unequalWindows } from './unequal-windows.ts'

const { flags, kill, ignoreEpochs } = JSON.parse(process.env.LANEWAY_KILL_CHILD!) as KillOrder

if (kill) {
  let left = kill.count
  subscribe(kill.channel, (message) => {
    if ((message as { phase: string }).phase !== kill.phase || --left > 0) return
    if (kill.afterMs === 0) process.kill(process.pid, 'SIGKILL')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), kill.afterMs)
  })
}

const { config } = loadConfig({ environment: {}, flags })
const laneway = await openLaneway(config, { clock: Date.now, ignoreEpochs })
let said = 0
laneway.table.subscribe((change) => {
  if (said >= 3) return
  for (const line of unequalWindows(laneway.table, laneway.catalog.current(), change)) {
    said++
    console.log(`mixed ${line}`)
  }
})
const { url } = await laneway.listen()
console.log(`listening ${url}`)
process.on('SIGTERM', () => {
  void laneway.close().then(() => process.exit(0))
})
