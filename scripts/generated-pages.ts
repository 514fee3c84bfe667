import { renderErrorsPage } from '../src/api/errors-page.ts'
import { renderOpenApi } from '../src/api/openapi.ts'
import { environmentName } from '../src/config.ts'
import { CONFIG_KEYS, type ConfigKey, type KeyDefinition } from '../src/config-keys.ts'

/** Path and text of every page that is made from code. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/errors.md', renderErrorsPage()],
    ['docs/configuration.md', renderConfigurationPage()],
    ['openapi.yaml', await renderOpenApi()],
  ])
}

function renderConfigurationPage(): string {
  const rows = (Object.keys(CONFIG_KEYS) as ConfigKey[]).map((key) => {
    const definition: KeyDefinition = CONFIG_KEYS[key]
    const range = definition.min === undefined ? definition.kind : `${definition.min} to ${definition.max}`
    const flag = definition.flag === undefined ? '' : `\`--${definition.flag}\``
    return `| \`${key}\` | ${range} | ${shown(definition.fallback)} | ${flag} | \`${environmentName(key)}\` | ${definition.about} |`
  })
  return [
    '<!-- generated from src/config-keys.ts by `npm run generate`; do not edit -->',
    '# Configuration',
    '',
    'Keys stand in `laneway.yaml` (nested or dotted), in the environment, and the common ones as flags. Flag beats environment',
    'beats file. `laneway config` prints the effective values with their origin. Units stand last in the name.',
    '',
    '| Key | Values | Default | Flag | Environment | What it does |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

const shown = (value: unknown): string =>
  value === null ? 'not set' : `\`${Array.isArray(value) ? value.join(',') : value}\``
