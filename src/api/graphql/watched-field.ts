import type { QueryRequest, ReadingExits, Watched, WatchOptions } from '../../planner/engine.ts'
import type { Places } from './places.ts'

/**
 * A watched question as graphql-js wants it: failures point into the field's arguments, and who leaves is gone at once,
 * without waiting for an answer that is on its way.
 */
export function watchedStates(
  { engine, question, places }: { engine: Pick<ReadingExits, 'watch'>; question: QueryRequest; places: Places },
  options: WatchOptions,
): AsyncIterableIterator<Watched> {
  const leaving = new AbortController()
  const signal = AbortSignal.any([options.signal, leaving.signal])
  const states = engine.watch(question, { ...options, signal })[Symbol.asyncIterator]()
  const iterator: AsyncIterableIterator<Watched> = {
    [Symbol.asyncIterator]: () => iterator,
    next: () => places.around(states.next()),
    return: async () => {
      leaving.abort()
      return { done: true, value: undefined }
    },
  }
  return iterator
}
