import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { type HandClock, handClock } from '../hand-clock.ts'
import { type House, openHouse } from '../scenarios/house.ts'

export const T0 = Date.parse('2026-11-21T10:00:00Z')
export const MINUTE = 60_000
export const METRIC = 'io.confluent.kafka.server/received_bytes'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export async function openBrowser(paths: readonly string[] = CHROMIUM): Promise<Browser> {
  const [path, ...others] = paths
  try {
    return await chromium.launch({ executablePath: path!, args: ['--no-sandbox'] })
  } catch (error) {
    if (others.length === 0) throw error
    return openBrowser(others)
  }
}

export interface PageHouse extends House {
  readonly clock: HandClock
  readonly url: string
}

const TOPICS = ['orders', 'clicks', 'payments']

/** A whole Laneway with a port, its clock in our hand, and an hour and ten of three topics in two clusters, rolled up. */
export async function openPageHouse(minutes = 70): Promise<PageHouse> {
  const clock = handClock(T0)
  const house = await openHouse(clock, { 'http.port': 0 })
  for (let minute = 0; minute < minutes; minute++) {
    clock.set(T0 + minute * MINUTE + 31_000)
    await house.laneway.intake.accept(Buffer.from(JSON.stringify(requestOf(minute))), 'application/json')
  }
  clock.set(T0 + minutes * MINUTE + 20_000)
  await house.laneway.idle()
  const { url } = await house.laneway.listen()
  return { ...house, clock, url }
}

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })

/** One export of one minute: two clusters with one broker each. */
const requestOf = (minute: number) => ({
  resourceMetrics: ['lkc-north', 'lkc-south'].map((cluster, c) => ({
    resource: { attributes: [text('kafka.cluster.id', cluster), text('kafka.broker.id', String(c + 1))] },
    scopeMetrics: [{ metrics: [{ name: 'kafka.topic.bytes.in', unit: 'By', sum: sumOf(minute, c) }] }],
  })),
})

const sumOf = (minute: number, c: number) => ({
  aggregationTemporality: 1,
  isMonotonic: true,
  dataPoints: TOPICS.map((topic, t) => ({
    attributes: [text('topic', topic)],
    startTimeUnixNano: nanos(T0 + minute * MINUTE),
    timeUnixNano: nanos(T0 + minute * MINUTE + 30_000),
    asInt: String(Math.round(1000 * (t + 1) * (c + 1) * (1.5 + Math.sin((minute + 9 * t) / 4)))),
  })),
})

const nanos = (ms: number): string => `${ms}000000`

export interface Visit {
  readonly page: Page
  /** Requests that left the origin, errors and warnings of the console, exceptions: all must stay empty. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}

/** Opens the page in a window of its own and notes whatever a browser may complain about. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('blob:'))
      complaints.push(`request to ${request.url()}`)
  })
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`))
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}
