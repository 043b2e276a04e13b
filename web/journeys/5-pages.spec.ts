// Every page, in both languages and both themes: no word is missing, nothing serious for people who
// listen or cannot see colours, and a picture of each to look at.
import AxeBuilder from '@axe-core/playwright'
import type { BrowserContext, Page } from '@playwright/test'
import { mkdirSync } from 'node:fs'
import { desktop, expect, phone, signedIn, test, type City } from './city'

type Look = { language: 'zh' | 'en'; theme: 'night' | 'day' }
const looks: Look[] = [
  { language: 'zh', theme: 'night' },
  { language: 'en', theme: 'day' },
  { language: 'zh', theme: 'day' },
  { language: 'en', theme: 'night' },
]

/** What must never be on a screen: values that are none, codes that lack a word, keys of the mechanism. */
const never = /\b(NaN|undefined|null|Infinity|\[object|function\s*\()|\b[a-z]+_[a-z_]+\b/
/** Names and texts that people or stations gave stand as they are. */
const given = '[data-given], code, pre, input, textarea, .maplibregl-canvas'

interface Place {
  name: string
  path: string
}

async function placesOf(city: City): Promise<Place[]> {
  const [order] = await city.openOrders()
  const [alarm] = await city.openAlarms()
  const station = order?.station.code ?? alarm?.station.code ?? '3307820001'
  const { items } = await city.get<{ items: { seq: number }[] }>(`/packets?station=${station}&limit=1`)
  return [
    { name: 'console', path: '/' },
    ...(alarm ? [{ name: 'console-alarm', path: `/?alarm=${alarm.id}` }] : []),
    { name: 'alarms', path: '/alarms' },
    { name: 'orders', path: '/orders' },
    ...(order ? [{ name: 'order', path: `/orders/${order.id}` }] : []),
    { name: 'messages', path: '/messages' },
    { name: 'stations', path: '/stations' },
    { name: 'station', path: `/stations/${station}` },
    { name: 'station-rules', path: `/stations/${station}#rules` },
    { name: 'station-packets', path: `/stations/${station}#packets` },
    { name: 'station-maintenance', path: `/stations/${station}#maintenance` },
    { name: 'station-edit', path: `/stations/${station}/edit` },
    { name: 'station-import', path: '/stations/import' },
    ...(items[0] ? [{ name: 'packet', path: `/packets/${items[0].seq}` }] : []),
    { name: 'duty', path: '/duty' },
    { name: 'system', path: '/system' },
    { name: 'quarantine', path: '/quarantine' },
    { name: 'demo', path: '/demo' },
  ]
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator('main').first()).toBeVisible()
  await expect(page.locator('.skeleton')).toHaveCount(0, { timeout: 15_000 })
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** Everything that is read on the page, without what people and stations gave. */
function words(page: Page): Promise<string> {
  return page.evaluate((skip) => {
    const body = document.body.cloneNode(true) as HTMLElement
    for (const given of body.querySelectorAll(skip)) given.remove()
    const said = [...body.querySelectorAll('[aria-label], [title], [placeholder], [alt]')].flatMap((e) =>
      ['aria-label', 'title', 'placeholder', 'alt'].map((name) => e.getAttribute(name) ?? ''),
    )
    return [body.innerText, ...said].join('\n')
  }, given)
}

async function looksRight(page: Page, place: Place, look: Look, file: string, listen: boolean): Promise<void> {
  await page.goto(place.path)
  await settled(page)
  await page.screenshot({ path: `test-results/screens/${file}.png` })
  const text = await words(page)
  expect(text.match(never)?.[0], `${file}: a value or code stands where a word should`).toBeUndefined()
  if (look.language === 'en') {
    const chinese = text.split('\n').filter((line) => /[\u4e00-\u9fff]/.test(line) && !/^(中|中文|切换到中文|Switch to English)$/.test(line.trim()) && !line.includes('中'))
    expect(chinese, `${file}: Chinese where English should be`).toEqual([])
  }
  if (!listen) return
  const { violations } = await new AxeBuilder({ page }).exclude('.maplibregl-canvas').analyze()
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`), `${file}: axe`).toEqual([])
}

const kept = (look: Look) => ({ 'zhizhen.language': look.language, 'zhizhen.theme': look.theme, 'zhizhen.push-asked': '1' })

mkdirSync('test-results/screens', { recursive: true })

for (const [index, look] of looks.entries()) {
  test(`every page speaks ${look.language} by ${look.theme}`, async ({ browser, city }) => {
    test.setTimeout(240_000)
    await city.untilOrders(1)
    const faults: string[] = []
    const check = async (context: BrowserContext, places: Place[], mark: string) => {
      const page = await context.newPage()
      page.on('pageerror', (error) => faults.push(`${mark}: ${error.message}`))
      page.on('console', (said) => {
        if (said.type() === 'error' && /Content Security Policy|Uncaught/.test(said.text())) faults.push(`${mark}: ${said.text()}`)
      })
      for (const place of places) {
        await looksRight(page, place, look, `${place.name}${mark}-${look.language}-${look.theme}`, index < 2).catch((error: Error) => faults.push(error.message.split('\n').slice(0, 14).join('\n')))
      }
    }
    const desk = await browser.newContext({ viewport: desktop })
    await signedIn(desk, city.login('administrator'), kept(look))
    await check(desk, await placesOf(city), '')
    await desk.close()

    const [order] = await city.openOrders()
    const street = await browser.newContext({ viewport: phone, isMobile: true, hasTouch: true })
    await signedIn(street, order ? await city.loginOf(order.assignee.id) : city.login('block_owner'), kept(look))
    const phonePlaces = [{ name: 'phone', path: '/phone' }, { name: 'phone-history', path: '/phone/history' }, { name: 'phone-me', path: '/phone/me' }]
    await check(street, [...(order ? [{ name: 'phone-order', path: `/phone/orders/${order.id}` }] : []), ...phonePlaces], '')
    await street.close()

    const nobody = await browser.newContext({ viewport: phone })
    await nobody.addInitScript((all) => Object.entries(all).forEach(([k, v]) => localStorage.setItem(k, v)), kept(look))
    await check(nobody, [{ name: 'sign-in', path: '/sign-in' }], '-phone')
    await nobody.close()
    expect(faults).toEqual([])
  })
}

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

test('a picture of the console for the documentation', async ({ browser, city }) => {
  test.skip(process.env.UPDATE_SCREENSHOT !== '1', 'set UPDATE_SCREENSHOT=1 to write docs/console.png anew')
  await city.untilOrders(4)
  const desk = await browser.newContext({ viewport: desktop })
  await signedIn(desk, city.login('dispatcher'), { 'zhizhen.language': 'zh', 'zhizhen.theme': 'night' })
  const page = await desk.newPage()
  const worst = (await city.openAlarms()).sort((a, b) => b.risk - a.risk)[0]
  await page.goto(worst ? `/?alarm=${worst.id}` : '/')
  await settled(page)
  await page.screenshot({ path: '../docs/console.png' })
  await desk.close()
})
