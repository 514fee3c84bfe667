import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** From half a millisecond to a minute: a push read and an upstream question both fall inside. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Makes meters that live in one registry, so that nothing is shared between two instances of the service. */
export function metersOf(registry: Registry) {
  const registers = [registry]
  return {
    counter: (name: string, help: string, labelNames: readonly string[] = []) =>
      new Counter({ name, help, labelNames: [...labelNames], registers }),
    gauge: (name: string, help: string, labelNames: readonly string[] = []) =>
      new Gauge({ name, help, labelNames: [...labelNames], registers }),
    seconds: (name: string, help: string, labelNames: readonly string[] = []) =>
      new Histogram({ name, help, labelNames: [...labelNames], buckets: SECONDS, registers }),
    /** A gauge whose values are read when somebody scrapes. */
    levels: (name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>) =>
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers,
        collect() {
          this.reset()
          for (const [value, level] of read()) this.set({ [label]: value }, level)
        },
      }),
  }
}

export type Meters = ReturnType<typeof metersOf>
