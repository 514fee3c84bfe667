import type { MetricRegistrar } from '../../ports/catalog.ts'
import type { Clock } from '../../ports/clock.ts'
import type { OtlpIntake } from '../../ports/intake.ts'
import type { Arrivals, RawWriter } from '../../ports/raw.ts'
import { type Schedule, scheduleByTimer } from './commit-queue.ts'
import { Intake, type IntakeStats } from './intake.ts'
import { INTAKE_LIMITS, type IntakeLimits } from './limits.ts'
import { loadSchema } from './schema.ts'

export interface IntakeOptions {
  readonly writer: RawWriter
  readonly registrar: MetricRegistrar
  readonly clock: Clock
  readonly limits?: Partial<IntakeLimits>
  /** When commits start; a timer unless a test drives them. */
  readonly schedule?: Schedule
}

export interface RunningIntake extends OtlpIntake, Arrivals {
  /** Commits what waits; requests that come later are refused with NOT_READY. */
  close(): Promise<void>
  stats(): IntakeStats
}

/** Restores stream state from the writer, then takes requests. */
export async function openIntake(options: IntakeOptions): Promise<RunningIntake> {
  const { writer, registrar, clock } = options
  const limits = { ...INTAKE_LIMITS, ...options.limits }
  const schedule = options.schedule ?? scheduleByTimer
  const intake = new Intake({ writer, registrar, clock, schedule, limits, schema: loadSchema() })
  await intake.restore()
  return intake
}
