/** Bounds of the GraphQL endpoint; each has a configuration key `graphql.…` of the same name. */
export interface GraphqlLimits {
  /** Document as sent, UTF-8 bytes. */
  readonly documentBytesMax: number
  /** Names, numbers, texts and punctuation of a document. */
  readonly tokensMax: number
  /** Nesting of selections. */
  readonly depthMax: number
  /** Aliased fields of an operation, those of fragments counted wherever they are spread. */
  readonly aliasesMax: number
  /** Fields of an operation, those below a connection multiplied by its `first`. */
  readonly costMax: number
  /** Fields of points in an answer: points × fields of each. */
  readonly pointFieldsMax: number
  /** Documents that one caller's hashes stand for. */
  readonly persistedMax: number
  /** Open WebSockets. */
  readonly socketsMax: number
  /** Of one caller. */
  readonly socketsPerCallerMax: number
  /** Subscriptions and queries at work on one WebSocket. */
  readonly subscriptionsMax: number
  /** Message of a client, UTF-8 bytes. */
  readonly messageBytesMax: number
  /** From the open WebSocket to its connection_init, ms. */
  readonly initMsMax: number
  /** A peer that does not answer pings for so long is gone, ms. */
  readonly pingPeriodMs: number
}

export interface GraphqlSwitches {
  readonly introspection: boolean
  readonly graphiql: boolean
  /** Folder of `.graphql` files, each one operation that may be asked for by hash; null: none. */
  readonly persistedPath: string | null
  /** Nothing but those. */
  readonly persistedOnly: boolean
}

export type GraphqlOptions = GraphqlLimits & GraphqlSwitches

export const DEFAULT_GRAPHQL: GraphqlOptions = {
  documentBytesMax: 64 * 1024,
  tokensMax: 3_000,
  depthMax: 16,
  aliasesMax: 64,
  costMax: 100_000,
  pointFieldsMax: 500_000,
  persistedMax: 100,
  socketsMax: 1_000,
  socketsPerCallerMax: 100,
  subscriptionsMax: 32,
  messageBytesMax: 256 * 1024,
  initMsMax: 10_000,
  pingPeriodMs: 20_000,
  introspection: true,
  graphiql: false,
  persistedPath: null,
  persistedOnly: false,
}

/** Brackets within brackets, in documents and in variables: bounded before anything recurses into them. */
export const NESTING_MAX = 256
