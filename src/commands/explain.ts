import { type Command, type FlagValues, JSON_FLAG, refuseWords, textFlag, wrongUsage } from './command.ts'
import { explainText } from './explain-text.ts'
import { askJson, DATASET_FLAG, datasetOf, GATEWAY_FLAGS, gatewayOf, queryPath } from './gateway.ts'
import type { Plan } from './plan-rows.ts'
import { BODY_FLAG, questionOf } from './query.ts'
import { QUESTION_FLAGS } from './question-flags.ts'
import { readInput, readObject } from './read-input.ts'
import type { Terminal } from './terminal.ts'

const WIDTH_MIN = 40
const WIDTH_MAX = 400

export const explain: Command = {
  name: 'explain',
  about: 'draw which source serves which time of a question, and why the others do not',
  usage: 'laneway explain --metric NAME [flags of query] [--full]\nlaneway explain --from FILE|-',
  flags: {
    ...GATEWAY_FLAGS,
    ...DATASET_FLAG,
    ...QUESTION_FLAGS,
    ...BODY_FLAG,
    full: { type: 'boolean', about: 'run the question as well: rows read and milliseconds' },
    from: {
      type: 'string',
      value: 'FILE',
      about: 'draw an answer that is there already, from a file or - for standard input',
    },
    width: {
      type: 'string',
      value: 'COLUMNS',
      about: `of the picture, ${WIDTH_MIN} to ${WIDTH_MAX}; default that of the terminal`,
    },
    ascii: { type: 'boolean', about: 'draw with characters every terminal has' },
    ...JSON_FLAG,
  },
  async run(flags, words, terminal) {
    refuseWords(words, explain)
    const width = widthOf(flags, terminal)
    const answer = await answerOf(flags, terminal)
    const plan = planOf(answer)
    if (flags.json) terminal.line(JSON.stringify(plan, null, 2))
    else terminal.line(explainText(plan, { width, ascii: flags.ascii === true }))
    return 0
  },
}

function widthOf(flags: FlagValues, { columns }: Terminal): number {
  const text = textFlag(flags, 'width')
  if (text === undefined) return Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns))
  const width = Number(text)
  if (Number.isInteger(width) && width >= WIDTH_MIN && width <= WIDTH_MAX) return width
  throw wrongUsage(`--width ${text}: not a number of columns`, `Say ${WIDTH_MIN} to ${WIDTH_MAX}.`)
}

async function answerOf(flags: FlagValues, terminal: Terminal): Promise<unknown> {
  const from = textFlag(flags, 'from')
  if (from !== undefined) {
    return readObject(await readInput(from, terminal), from === '-' ? 'standard input' : from)
  }
  const body = { ...(await questionOf(flags, terminal)), explain: flags.full ? 'full' : 'plan' }
  return await askJson(gatewayOf(flags, terminal.environment), queryPath(datasetOf(flags)), body)
}

/** `meta.plan` of an answer, or a plan by itself. Error: CONFIG_INVALID. */
function planOf(answer: unknown): Plan {
  const { meta, ...rest } = answer as { meta?: { plan?: unknown } }
  const plan = (meta?.plan ?? rest) as Partial<Plan>
  if (Array.isArray(plan.slices)) return { missing: [], stale: [], candidates: 0, hint: null, ...plan } as Plan
  throw wrongUsage(
    'there is no plan in it',
    'Give an answer of /query (meta.plan), as "laneway query --json" prints it.',
  )
}
