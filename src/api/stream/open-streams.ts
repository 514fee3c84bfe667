import type { ReadingExits } from '../../planner/engine.ts'
import type { Connection } from './connection.ts'
import { Seats } from './seats.ts'
import { SharedStreams } from './shared-streams.ts'
import type { StreamLimits } from './stream-limits.ts'

/** Everything that is open between the start and the end of a server. */
export class OpenStreams {
  readonly limits: StreamLimits
  readonly seats: Seats
  readonly shared: SharedStreams
  readonly #connections = new Set<Connection>()
  #isClosing = false

  constructor(watch: ReadingExits['watch'], limits: StreamLimits) {
    this.limits = limits
    this.seats = new Seats(limits)
    this.shared = new SharedStreams(watch, limits)
  }

  /** Answers how to remove it. */
  add(connection: Connection): () => void {
    this.#connections.add(connection)
    if (this.#isClosing) connection.bye()
    return () => this.#connections.delete(connection)
  }

  /** Says goodbye to every reader; those who do not read are cut off with the server. */
  close(): void {
    this.#isClosing = true
    for (const connection of this.#connections) connection.bye()
    this.shared.close()
  }
}
