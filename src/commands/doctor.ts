import { loadCatalogFiles } from '../catalog/catalog-files.ts'
import type { EffectiveConfig } from '../config.ts'
import type { Config } from '../config-keys.ts'
import { type Command, configFlags, configOf, type FlagValues, JSON_FLAG, refuseWords } from './command.ts'
import { type Finding, findingsText } from './doctor/finding.ts'
import * as machine from './doctor/machine.ts'
import { type Asked, checkRunning } from './doctor/running.ts'
import { GATEWAY_FLAGS, gatewayOf } from './gateway.ts'
import type { Terminal } from './terminal.ts'

export const doctor: Command = {
  name: 'doctor',
  about: 'look for what is wrong: this machine, its configuration and files, and the gateway that runs',
  usage: 'laneway doctor [--url URL] [flags of serve]',
  flags: { ...configFlags(), ...GATEWAY_FLAGS, ...JSON_FLAG },
  exits: '1 something fails (warnings alone are 0)',
  async run(flags, words, terminal) {
    refuseWords(words, doctor)
    const findings = await findingsOf(flags, terminal)
    terminal.progress('')
    const isFailing = findings.some(({ state }) => state === 'fail')
    if (flags.json) terminal.line(JSON.stringify({ ok: !isFailing, findings }, null, 2))
    else terminal.line(findingsText(findings))
    return isFailing ? 1 : 0
  },
}

async function findingsOf(flags: FlagValues, terminal: Terminal): Promise<Finding[]> {
  const node = machine.checkNode(process.version)
  let effective: EffectiveConfig
  try {
    effective = configOf(flags)
  } catch (error) {
    return [node, ...machine.problemsOf('configuration', error), ...(await running(null, flags, terminal))]
  }
  const { config } = effective
  const found = [node, machine.checkConfig(effective), ...machine.checkCatalog(config), ...machine.checkKeys(config)]
  terminal.progress('looking at the data folder')
  found.push(...(await machine.checkFolder(config)), ...(await machine.checkFiles(config, terminal.clock)))
  found.push(...(await ports(config)))
  terminal.progress('asking the gateway')
  return [...found, ...(await running(config, flags, terminal))]
}

async function ports(config: Config): Promise<Finding[]> {
  const host = config['http.host']
  const otlp = config['http.otlpPort']
  const api = await machine.checkPort('port', host, config['http.port'])
  return otlp === null ? [api] : [api, await machine.checkPort('otlp port', host, otlp)]
}

/** The gateway that flags or environment name, else the one that the configuration would start. */
async function running(config: Config | null, flags: FlagValues, { environment, clock }: Terminal): Promise<Finding[]> {
  const isNamed = flags.url !== undefined || Boolean(environment.LANEWAY_URL)
  if (!isNamed && config === null) return []
  const url = isNamed ? {} : { url: machine.urlOf(config!['http.host'], config!['http.port']) }
  return await checkRunning({
    gateway: gatewayOf({ ...flags, ...url }, environment),
    clock,
    isNamed,
    datasets: datasetsOf(config),
  })
}

/** Errors of the catalog have a finding of their own. */
function datasetsOf(config: Config | null): Asked['datasets'] {
  try {
    return config === null ? [] : [...loadCatalogFiles(config['catalog.paths']).datasets.values()]
  } catch {
    return []
  }
}
