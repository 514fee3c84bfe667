import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { LanewayError } from '../model/errors.ts'
import type { HealthPart, OwnMetrics } from '../ports/health.ts'
import { documented, PlainText } from './documented.ts'

const JSON_TYPE = 'application/json'
const STATES = ['ok', 'degraded', 'down'] as const

export const LiveAnswer = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Live' })

export const ReadyAnswer = z.strictObject({ status: z.literal('ready') }).meta({ id: 'Ready' })

export const PartsAnswer = z
  .strictObject({
    state: z.enum(STATES).describe('The worst of the parts.'),
    parts: z.array(
      z.strictObject({
        name: z.string(),
        gate: z.boolean().describe('Whether readiness waits for it.'),
        ready: z.boolean(),
        state: z.enum(STATES),
        detail: z.string(),
        facts: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])).optional(),
      }),
    ),
  })
  .meta({ id: 'Parts' })

/** Health says how the process is; a store that is down makes questions fail, not the process unready. */
export function healthRoutes(app: FastifyInstance, parts: readonly HealthPart[]): void {
  const live = answering('healthLive', 'Whether the process runs', 'It runs.', LiveAnswer)
  app.get('/health/live', { config: { access: 'open', produces: [JSON_TYPE] }, schema: live }, async () => ({
    status: 'ok',
  }))
  const ready = answering('healthReady', 'Whether it has finished starting', 'It has.', ReadyAnswer)
  app.get('/health/ready', { config: { access: 'open', produces: [JSON_TYPE] }, schema: ready }, async () => {
    checkReady(parts)
    return { status: 'ready' }
  })
  const each = answering('healthParts', 'How each part is', 'Each part.', PartsAnswer)
  app.get('/health/parts', { config: { access: 'admin', produces: [JSON_TYPE] }, schema: each }, async () =>
    statusOf(parts),
  )
}

const answering = (operationId: string, summary: string, description: string, schema: z.ZodType) =>
  documented({
    operationId,
    summary,
    answers: { 200: { description, types: [JSON_TYPE], schema } },
    errors: operationId === 'healthParts' ? ['NOT_ACCEPTABLE', 'UNAUTHENTICATED'] : ['NOT_ACCEPTABLE'],
  })

/** Error: NOT_READY. */
function checkReady(parts: readonly HealthPart[]): void {
  const waiting = parts.filter((part) => part.gate && !part.ready())
  if (waiting.length === 0) return
  const names = waiting.map((part) => `${part.name} (${part.status().detail})`)
  throw new LanewayError('NOT_READY', { detail: `Starting; still waiting for ${names.join(', ')}.` })
}

function statusOf(parts: readonly HealthPart[]): z.infer<typeof PartsAnswer> {
  const each = parts.map((part) => {
    const { state, detail, facts } = part.status()
    return { name: part.name, gate: part.gate, ready: part.ready(), state, detail, ...(facts ? { facts } : {}) }
  })
  const worst = Math.max(0, ...each.map(({ state }) => STATES.indexOf(state)))
  return { state: STATES[worst]!, parts: each }
}

const TEXT_TYPE = 'text/plain'

export function ownMetricsRoute(app: FastifyInstance, ownMetrics: OwnMetrics): void {
  const schema = documented({
    operationId: 'ownMetrics',
    summary: "Laneway's own metrics, in Prometheus text",
    answers: { 200: { description: 'Every family.', types: [TEXT_TYPE], schema: PlainText } },
    errors: ['UNAUTHENTICATED'],
  })
  app.get('/metrics', { config: { access: 'admin' }, schema }, async (_request, reply) => {
    const { body, contentType } = await ownMetrics.render()
    return reply.type(contentType).send(body)
  })
}
