import { type GraphQLSchema, NoSchemaIntrospectionCustomRule, specifiedRules, validate } from 'graphql'
import { ScopedCatalogs } from '../../catalog/scoped-catalog.ts'
import type { AskOptions } from '../../planner/engine.ts'
import type { CatalogView } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Caller } from '../caller.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import { Asker } from './asker.ts'
import type { GraphqlContext } from './context.ts'
import { type Prepared, prepare } from './document.ts'
import { executableSchema, schemaText } from './executable-schema.ts'
import type { GraphqlOptions } from './options.ts'
import { PersistedQueries, readPersistedFolder } from './persisted.ts'
import { PointBudget } from './point-budget.ts'
import type { GraphqlParameters } from './request-parameters.ts'
import { type GraphqlEngine, resolversOf } from './resolvers.ts'

export interface ServiceParts {
  readonly engine: GraphqlEngine
  readonly catalog: CatalogView
  readonly clock: Clock
  readonly tokens: PageTokens
  readonly filterDepthMax: number
  readonly options: GraphqlOptions
}

/** What HTTP and WebSocket share: the schema, which documents are taken, and what an operation is run with. */
export class GraphqlService {
  readonly schema: GraphQLSchema
  readonly options: GraphqlOptions
  readonly #parts: ServiceParts
  readonly #scoped = new ScopedCatalogs()
  readonly #persisted: PersistedQueries

  /** Error: CONFIG_INVALID when the folder of documents cannot be used. */
  constructor(parts: ServiceParts) {
    const { options } = parts
    this.#parts = parts
    this.options = options
    this.schema = executableSchema(schemaText(), resolversOf(parts))
    const allowed =
      options.persistedPath === null
        ? new Map()
        : readPersistedFolder(options.persistedPath, (text) => this.#check(text))
    const { persistedMax, persistedOnly: onlyAllowed } = options
    this.#persisted = new PersistedQueries({ persistedMax, allowed, onlyAllowed })
  }

  /** Rules beyond those that every document must keep. */
  get extraRules() {
    return this.options.introspection ? [] : [NoSchemaIntrospectionCustomRule]
  }

  validate(prepared: Prepared) {
    return validate(this.schema, prepared.document, [...specifiedRules, ...this.extraRules])
  }

  /** Errors: those of `prepare` and of persisted documents. */
  prepare(parameters: GraphqlParameters, caller: Caller): Prepared {
    const { variables, operationName } = parameters
    const text = this.#persisted.textOf(parameters, caller)
    const prepared = prepare({ text, variables, operationName }, this.options)
    this.#persisted.keep(parameters, caller)
    return prepared
  }

  /** One moment for the whole operation: its fields agree on what `now` is. */
  contextFor(caller: Caller, asking: Pick<AskOptions, 'scope' | 'lane' | 'signal'>): GraphqlContext {
    const { engine, catalog, clock, options } = this.#parts
    const withNow = { ...asking, now: clock() }
    return {
      caller,
      catalog: this.#scoped.of(catalog.current(), caller.scope),
      asking: withNow,
      asker: new Asker(engine, withNow),
      points: new PointBudget(options.pointFieldsMax),
    }
  }

  #check(text: string): void {
    const prepared = prepare({ text, variables: {}, operationName: undefined }, this.options)
    const [error] = validate(this.schema, prepared.document)
    if (error) throw error
  }
}
