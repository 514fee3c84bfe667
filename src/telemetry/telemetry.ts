import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { collectDefaultMetrics, Gauge as Meter, Registry } from 'prom-client'
import type { Clock } from '../ports/clock.ts'
import type { OwnMetrics } from '../ports/health.ts'
import { listenersOf } from './listeners.ts'
import { metersOf } from './meters.ts'

/** One value that is read when somebody scrapes; those of one name have the same help and label names. */
export interface Gauge {
  /** `laneway_…`, with its unit last */
  readonly name: string
  readonly help: string
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

export interface TelemetryOptions {
  readonly clock: Clock
  /** Called at each scrape; values must come from memory. */
  readonly gauges: () => readonly Gauge[]
}

export interface Telemetry {
  readonly ownMetrics: OwnMetrics
  /** Stops listening; what was counted can still be read. */
  close(): void
}

/**
 * Our own metrics (docs/own-metrics.md): counted from the diagnostics channels, read from `gauges`, and those of the
 * process. Channels are one for the whole process, so two Laneways in it (tests) count together.
 */
export function openTelemetry({ clock, gauges }: TelemetryOptions): Telemetry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const listeners = [...listenersOf(metersOf(registry), clock)].map(([channel, listener]) => {
    const onMessage = (message: unknown) => listener(message as Record<string, unknown>)
    subscribe(channel, onMessage)
    return () => unsubscribe(channel, onMessage)
  })
  return {
    ownMetrics: {
      async render() {
        const texts = await Promise.all([registry.metrics(), read(gauges()).metrics()])
        return { body: texts.filter((text) => text.trim() !== '').join('\n'), contentType: registry.contentType }
      },
    },
    close() {
      for (const stop of listeners) stop()
    },
  }
}

/** A registry of its own for each scrape: a value that is gone leaves no trace. */
function read(gauges: readonly Gauge[]): Registry {
  const registry = new Registry()
  for (const [name, group] of Map.groupBy(gauges, (gauge) => gauge.name)) {
    const { help, labels = {} } = group[0]!
    const meter = new Meter({ name, help, labelNames: Object.keys(labels), registers: [registry] })
    for (const each of group) meter.set({ ...each.labels }, each.value)
  }
  return registry
}
