// Every page, in both languages and both themes: no word is missing, nothing serious for people who
// listen or cannot see colours, and a picture of each to look at.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { mkdirSync } from 'node:fs'
import { desktop, expect, phone, signedIn, test, type City } from './city'

type Look = { language: 'zh' | 'en'; theme: 'night' | 'day' }
const looks: [Look, Look, Look, Look] = [
  { language: 'zh', theme: 'night' },
  { language: 'zh', theme: 'day' },
  { language: 'en', theme: 'day' },
  { language: 'en', theme: 'night' },
]

/** What must never be on a screen: values that are none, codes that lack a word, keys of the mechanism. */
const never = /\b(NaN|undefined|null|Infinity|\[object|function\s*\()|\b[a-z]+_[a-z_]+\b/
/** Names and texts that people or stations gave stand as they are. */
const given = '[data-given], code, pre, input, textarea, noscript, script, style'

interface Place {
  name: string
  path: string
}

async function placesOf(city: City): Promise<Place[]> {
  const alarms = await city.openAlarms()
  const alarm = alarms.find((a) => a.kind === 'level_high') ?? alarms[0]
  const orders = await city.openOrders()
  const order = orders.find((o) => o.id === alarm?.order?.id) ?? orders[0]
  const station = alarm?.kind === 'level_high' ? alarm.station.code : '3307820001'
  const { items } = await city.get<{ items: { seq: number }[] }>(`/packets?station=${station}&limit=1`)
  return [
    { name: 'console', path: '/' },
    ...(alarm ? [{ name: 'console-alarm', path: `/?alarm=${alarm.id}` }] : []),
    { name: 'alarms', path: '/alarms' },
    { name: 'orders', path: '/orders' },
    ...(order ? [{ name: 'order', path: `/orders/${order.id}` }] : []),
    { name: 'commands', path: '/commands' },
    { name: 'command-ask', path: `/commands?ask&station=${station}` },
    { name: 'messages', path: '/messages' },
    { name: 'stations', path: '/stations' },
    { name: 'station', path: `/stations/${station}` },
    { name: 'station-rules', path: `/stations/${station}#rules` },
    { name: 'station-packets', path: `/stations/${station}#packets` },
    { name: 'station-pictures', path: `/stations/${station}#pictures` },
    { name: 'station-maintenance', path: `/stations/${station}#maintenance` },
    { name: 'station-edit', path: `/stations/${station}/edit` },
    { name: 'station-import', path: '/stations/import' },
    ...(items[0] ? [{ name: 'packet', path: `/packets/${items[0].seq}` }] : []),
    { name: 'duty', path: '/duty' },
    { name: 'system', path: '/system' },
    { name: 'quarantine', path: '/quarantine' },
    { name: 'trace', path: `/trace/${station}` },
    { name: 'trace-paste', path: '/trace#paste' },
    { name: 'twin', path: '/twin' },
    { name: 'twin-supply', path: '/twin?net=supply' },
    { name: 'demo', path: '/demo' },
  ]
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator('main').first()).toBeVisible()
  await expect(page.locator('.skeleton')).toHaveCount(0, { timeout: 15_000 })
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** Everything that is read on the page, piece by piece, without what people and stations gave. */
function words(page: Page): Promise<string[]> {
  return page.evaluate((skip) => {
    const said: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node instanceof Element && node.matches(skip) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
    )
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node instanceof Element) said.push(...['aria-label', 'title', 'placeholder', 'alt'].map((name) => node.getAttribute(name) ?? ''))
      else said.push(node.textContent ?? '')
    }
    return [...new Set(said.map((one) => one.trim()).filter(Boolean))]
  }, given)
}

async function looksRight(page: Page, file: string, look: Look, listen: 'all' | 'contrast' | 'no'): Promise<void> {
  await page.screenshot({ path: `test-results/screens/${file}-${look.language}-${look.theme}.png` })
  const where = `${file} in ${look.language} by ${look.theme}`
  const text = await words(page)
  expect.soft(text.filter((one) => never.test(one)), `${where}: a value or code stands where a word should`).toEqual([])
  if (look.language === 'en') {
    // The switch to the other language is written in that language.
    const chinese = text.filter((one) => /[\u4e00-\u9fff]/.test(one) && !/^(中|中文|切换到中文)$/.test(one))
    expect.soft(chinese, `${where}: Chinese where English should be`).toEqual([])
  }
  if (listen === 'no') return
  const axe = new AxeBuilder({ page }).exclude('.maplibregl-canvas').options({ resultTypes: ['violations'] }).setLegacyMode()
  const { violations } = await (listen === 'contrast' ? axe.withRules(['color-contrast']) : axe).analyze()
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  const told = serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`)
  expect.soft(told, `${where}: axe`).toEqual([])
}

const kept = (look: Look) => ({ 'zhizhen.language': look.language, 'zhizhen.theme': look.theme, 'zhizhen.push-asked': '1' })
/** Axe hears the whole of a page once, and looks at its colours in the other theme. */
const listens = (look: Look) => (look === looks[0] ? 'all' : look === looks[2] ? 'contrast' : 'no')

/** Errors of the page itself, and what the content security policy stopped. */
function watch(page: Page): void {
  page.on('pageerror', (error) => expect.soft(error.message, page.url()).toBe(''))
  page.on('console', (said) => {
    if (said.type() === 'error' && /Content Security Policy|Uncaught/.test(said.text())) expect.soft(said.text(), page.url()).toBe('')
  })
}

mkdirSync('test-results/screens', { recursive: true })

test('every page of the desk speaks both languages in both themes', async ({ browser, city }) => {
  test.setTimeout(300_000)
  await city.untilOrders(1)
  const desk = await browser.newContext({ viewport: desktop })
  await signedIn(desk, city.login('administrator'), kept(looks[0]))
  const page = await desk.newPage()
  watch(page)
  for (const place of await placesOf(city)) {
    await page.goto(place.path)
    await settled(page)
    await looksRight(page, place.name, looks[0], 'all')
    // Language and theme change under the finger, without loading again.
    await page.getByTitle(/^换主题/).click()
    await looksRight(page, place.name, looks[1], 'no')
    await page.getByTitle('Switch to English').click()
    await looksRight(page, place.name, looks[2], 'contrast')
    for (let n = 0; n < 2; n += 1) await page.getByTitle(/^Change theme/).click()
    await looksRight(page, place.name, looks[3], 'no')
    await page.getByTitle('切换到中文').click()
  }
  await desk.close()
})

test('every link of the rail leads to its page', async ({ browser, city }) => {
  test.setTimeout(180_000)
  const desk = await browser.newContext({ viewport: desktop })
  await signedIn(desk, city.login('administrator'))
  const page = await desk.newPage()
  await page.goto('/')
  const links = page.getByRole('navigation').getByRole('link')
  await expect(links.first()).toBeVisible()
  const addresses = await links.evaluateAll((all) => all.map((a) => a.getAttribute('href') ?? ''))
  expect(addresses.length).toBeGreaterThan(8)
  for (const address of addresses) {
    expect(address).not.toContain(':')
    await page.goto('/')
    await page.locator(`nav a[href="${address}"]`).click()
    await expect.poll(() => new URL(page.url()).pathname.startsWith(address)).toBe(true)
    await expect(page.locator('main').first()).toBeVisible()
  }
  await desk.close()
})

test('every page of the phone, and the way in, speak both languages in both themes', async ({ browser, city }) => {
  test.setTimeout(180_000)
  await city.untilOrders(1)
  const [order] = await city.openOrders()
  const who = order ? await city.loginOf(order.assignee.id) : city.login('block_owner')
  const places = ['/phone/history', '/phone/me', '/phone', ...(order ? [`/phone/orders/${order.id}`] : [])]
  const names: Record<string, string> = { '/phone': 'phone', '/phone/history': 'phone-history', '/phone/me': 'phone-me' }
  for (const look of looks) {
    const street = await browser.newContext({ viewport: phone, isMobile: true, hasTouch: true })
    await street.addInitScript((all) => Object.entries(all).forEach(([k, v]) => localStorage.setItem(k, v)), kept(look))
    const page = await street.newPage()
    watch(page)
    await page.goto('/sign-in')
    await settled(page)
    await looksRight(page, 'sign-in', look, listens(look))
    await signedIn(street, who)
    for (const path of places) {
      await page.goto(path)
      await settled(page)
      await looksRight(page, names[path] ?? 'phone-order', look, listens(look))
    }
    await street.close()
  }
})

test('the wall shows the city from four metres', async ({ browser, city }) => {
  test.setTimeout(120_000)
  await city.untilOrders(1)
  for (const language of ['zh', 'en'] as const) {
    const wall = await browser.newContext({ viewport: { width: 3840, height: 1080 } })
    await signedIn(wall, city.login('dispatcher'), { 'zhizhen.language': language, 'zhizhen.theme': 'wall' })
    const page = await wall.newPage()
    await page.goto('/')
    await settled(page)
    await page.screenshot({ path: `test-results/screens/wall-${language}.png` })
    await wall.close()
  }
})

// Written only when asked for: UPDATE_SCREENSHOT=1.
if (process.env.UPDATE_SCREENSHOT === '1') {
  test('a picture of the console for the documentation', async ({ browser, city }) => {
    test.setTimeout(400_000)
    await city.untilStormPeaks()
    const desk = await browser.newContext({ viewport: desktop })
    await signedIn(desk, city.login('dispatcher'), { 'zhizhen.language': 'zh', 'zhizhen.theme': 'night' })
    const page = await desk.newPage()
    const worst = (await city.openAlarms()).sort((a, b) => b.risk - a.risk)[0]
    await page.goto(worst ? `/?alarm=${worst.id}` : '/')
    await settled(page)
    await page.screenshot({ path: '../docs/console.png' })
    await desk.close()
  })
}
