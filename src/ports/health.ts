export interface PartStatus {
  readonly state: 'ok' | 'degraded' | 'down'
  /** One sentence for people. */
  readonly detail: string
  readonly facts?: Readonly<Record<string, number | string | boolean | null>>
}

/** One part of the service that can say how it is; synchronous, from what it knows. */
export interface HealthPart {
  readonly name: string
  /** Whether readiness waits for it. */
  readonly gate: boolean
  ready(): boolean
  status(): PartStatus
}

/** Own metrics, Prometheus text. */
export interface OwnMetrics {
  render(): Promise<{ readonly body: string; readonly contentType: string }>
}
