import { buildApi } from './build-api.ts'
import { contractYaml } from './contract-document.ts'

const nobody = async (): Promise<never> => {
  throw new Error('this server only describes itself')
}

const nothing = (): never => {
  throw new Error('this server only describes itself')
}

/** openapi.yaml: the routes of a server that nobody asks. */
export async function renderOpenApi(): Promise<string> {
  const app = await buildApi({
    engine: {
      answer: nobody,
      explain: nobody,
      page: nobody,
      labels: nobody,
      seriesCounts: nothing,
      watch: nothing,
      settled: nobody,
    },
    catalog: { current: () => ({ version: 0, datasets: new Map() }) },
    intake: { accept: nobody },
    health: [],
    ownMetrics: { render: nobody },
    keys: null,
    limits: { bodyBytesMax: 1, intakeBodyBytesMax: 1 },
    consoleRoot: null,
    logger: false,
    clock: () => 0,
  })
  try {
    return contractYaml(app)
  } finally {
    await app.close()
  }
}
