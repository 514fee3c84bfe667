import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { openHouse } from '../scenarios/house.ts'
import { METRIC, MINUTE, openBrowser, openPageHouse, type PageHouse, T0, visit } from './page-house.ts'

const SCREENSHOTS = 'test-output/console'

let browser: Browser
let house: PageHouse
before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true })
  house = await openPageHouse()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await house?.close()
})

const shot = (page: Page, name: string) => page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true })
const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? ''
const ribbon = (page: Page) => page.getByRole('group', { name: /Who served which piece/ })

/** Share of the plot's pixels that something was drawn on. */
const drawn = (page: Page): Promise<number> =>
  page.locator('.plot canvas').evaluate((element) => {
    const canvas = element as unknown as { width: number; height: number; getContext(kind: string): CanvasPixels }
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let i = 3; i < data.length; i += 4) if (data[i]! > 0) count++
    return count / (data.length / 4)
  })
interface CanvasPixels {
  getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray }
}

test('the first picture shows a pushed metric: chart, ribbon with shares, state, legend', async () => {
  const { page, complaints, close } = await visit(browser, house.url)
  await page.getByRole('heading', { name: METRIC }).waitFor()
  await page.locator('.plot canvas').waitFor()
  assert.ok((await drawn(page)) > 0.01, 'the chart is drawn')
  await ribbon(page)
    .getByRole('button', { name: /topic_1m, pushed rollup of PT1M/ })
    .first()
    .waitFor()
  await ribbon(page)
    .getByRole('button', { name: /raw \(duckdb\).*provisional/ })
    .first()
    .waitFor()
  assert.deepEqual(await page.getByRole('list', { name: 'Lines' }).locator('.name').allTextContents(), [
    ...['clicks', 'orders', 'payments'],
  ])
  assert.match(
    await textOf(page.locator('.state')),
    /^\s*provisional\s*complete through 11:08:50 UTC\s*98 % of the time pushed/,
  )
  await shot(page, 'light')
  assert.deepEqual(complaints, [])
  await close()
})

test('pointing at a piece, or walking there by keyboard, tells who served it and at which raw version', async () => {
  const { page, close } = await visit(browser, house.url)
  const told = page.locator('.piece')
  const pieces = ribbon(page).getByRole('button')
  await pieces.first().focus()
  await told.getByText(/^10:11 to 11:08 \(58 min\): topic_1m, pushed rollup of PT1M · raw version \d+$/).waitFor()
  await page.keyboard.press('Tab')
  await told.getByText(/^11:08 to .* · provisional: points may still come$/).waitFor()
  await pieces.last().hover()
  await told.getByText(/^11:10 to 11:11 \(1 min\): raw \(duckdb\) .* provisional/).waitFor()
  await close()
})

test('another metric, group or range is asked for at once, by keyboard alone, and stays in the address', async () => {
  const { page, complaints, close } = await visit(browser, house.url)
  await page.locator('.plot canvas').waitFor()
  const asked = () => page.waitForResponse((response) => response.url().endsWith('/query') && response.ok())
  await page.getByLabel('Group by').focus()
  const [grouped] = await Promise.all([asked(), page.getByLabel('Group by').selectOption('resource.kafka.id')])
  assert.equal(grouped.request().postDataJSON().group_by[0], 'resource.kafka.id')
  await page.getByText('series added up by resource.kafka.id').waitFor()
  await page.locator('.legend').getByText('lkc-south').waitFor()
  await page.getByRole('radio', { name: '1 h', exact: true }).focus()
  await Promise.all([asked(), page.keyboard.press('ArrowRight')])
  assert.match(page.url(), /groupBy=resource\.kafka\.id&range=3h/)
  await page.reload()
  await page.locator('.legend').getByText('lkc-south').waitFor()
  assert.ok(await page.getByRole('radio', { name: '3 h' }).isChecked())
  assert.deepEqual(complaints, [])
  await close()
})

test('a late point is seen accepted, its window dirty and raw, then rolled up again at a higher raw version', async () => {
  const { page, complaints, close } = await visit(browser, house.url)
  await page.locator('.plot canvas').waitFor()
  const station = (name: string) => page.locator(`.station-${name}.seen`)
  const rollUp = async () => {
    house.clock.set(house.clock() + 6_000)
    await house.laneway.idle()
  }

  await page.getByRole('button', { name: 'Send a late point' }).click()
  await station('raw').waitFor()
  await rollUp()
  await station('pushed').waitFor()

  // Marks issue one roll-up in five seconds, and our clock stands: this window stays dirty until we let it go on.
  await page.getByRole('button', { name: 'Send another late point' }).click()
  await station('dirty').waitFor()
  const versions = /(\d+) ▸ (\d+)/.exec(await textOf(station('raw')))
  assert.ok(Number(versions?.[2]) > Number(versions?.[1]), 'the raw version rose')
  assert.equal(await station('pushed').count(), 0)
  await ribbon(page)
    .getByRole('button', { name: /^11:00 to 11:01.*raw \(duckdb\).*dirty/ })
    .waitFor()
  await shot(page, 'late-dirty')

  await rollUp()
  await station('pushed').waitFor()
  await ribbon(page).getByRole('button', { name: /dirty/ }).waitFor({ state: 'detached' })
  assert.match(await textOf(page.getByRole('figure')), /Who answered for 11:00, moment by moment/)
  const looks = await page.locator('.moments .segment').evaluateAll((all) => all.map((each) => each.className))
  assert.ok(looks.some((name) => name.includes('dirty')) && looks.at(-1)!.includes('push'), looks.join(' | '))
  await shot(page, 'late-pushed')
  assert.deepEqual(complaints, [])
  await close()
})

test('the question as curl is the one that was asked, and explain opens as JSON', async () => {
  const { page, close } = await visit(browser, house.url, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.getByRole('button', { name: 'Copy as curl' }).click()
  await page.getByText('copied', { exact: true }).waitFor()
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  const body = JSON.parse(/-d '(.*)'$/s.exec(copied)![1]!)
  const response = await fetch(`${house.url}/v2/metrics/cloud/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(response.status, 200)
  await page.getByRole('row', { name: /^topic_1h.*no.*GRAIN_TOO_COARSE/ }).waitFor()
  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('link', { name: 'Explain as JSON' }).click(),
  ])
  const explained = JSON.parse(await textOf(opened.locator('body')))
  assert.ok(explained.slices.length > 0 && Array.isArray(explained.candidates))
  await close()
})

test('what the API refuses is shown in its own words, and the last picture stays', async () => {
  const { page, close } = await visit(browser, house.url)
  await page.locator('.plot canvas').waitFor()
  const errors = [
    { code: 'LANE_FULL', detail: 'lane hot: 256 questions wait already, the most that may', hint: 'Ask again.' },
  ]
  await page.route('**/query', (route) => route.fulfill({ status: 429, json: { errors } }))
  await page.getByRole('alert').getByText('lane hot: 256 questions wait already').waitFor()
  assert.match(await textOf(page.getByRole('alert')), /LANE_FULL .* Ask again\./)
  assert.ok((await drawn(page)) > 0.01)
  await page.unroute('**/query')
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await close()
})

test('dark and at 360 pixels nothing is cut off', async () => {
  const narrow = { viewport: { width: 360, height: 780 } }
  for (const [name, options] of [
    ['dark', { colorScheme: 'dark' }],
    ['narrow', narrow],
    ['narrow-dark', { ...narrow, colorScheme: 'dark' }],
  ] as const) {
    const { page, complaints, close } = await visit(browser, house.url, options)
    await page.locator('.plot canvas').waitFor()
    await page.getByRole('button', { name: 'Copy as curl' }).waitFor()
    const [wide, view] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]')
    assert.ok(wide! <= view!, `${name}: ${wide} > ${view}`)
    await shot(page, name)
    assert.deepEqual(complaints, [])
    await close()
  }
})

test('a new answer moves nothing: the page is as high as before', async () => {
  const { page, close } = await visit(browser, house.url)
  await page.getByRole('button', { name: 'Copy as curl' }).waitFor()
  const top = () => page.getByRole('button', { name: 'Send' }).evaluate((button) => button.getBoundingClientRect().top)
  const before = await top()
  await page.waitForResponse((response) => response.url().endsWith('/query'))
  await page.locator('.plot').hover()
  assert.equal(await top(), before)
  await close()
})

test('a gateway without a metric says how to send one, and shows it once it is there', async () => {
  const empty = await openHouse(() => T0 + MINUTE, { 'http.port': 0, 'catalog.paths': [] })
  const { url } = await empty.laneway.listen()
  const { page, complaints, close } = await visit(browser, url)
  await page.getByRole('heading', { name: 'No metrics yet' }).waitFor()
  await page.getByText(`${url}/v1/metrics`).waitFor()
  await shot(page, 'empty')
  const dataPoints = [{ timeUnixNano: `${T0}000000`, asInt: '7' }]
  const metrics = [{ name: 'queue.length', gauge: { dataPoints } }]
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
  await empty.laneway.intake.accept(Buffer.from(body), 'application/json')
  await page.getByRole('heading', { name: 'queue.length' }).waitFor()
  await page.getByRole('list', { name: 'Lines' }).getByText('all series').waitFor()
  assert.deepEqual(complaints, [])
  await close()
  await empty.close()
})
