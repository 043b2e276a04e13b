// The twin: the storm sewers now and in two hours, the supply network, and what if, in both languages.
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { desktop, expect, phone, signedIn, test } from './city'
import type { EngineView, NetworkView } from '@/data/twin'

async function serious(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).exclude('.maplibregl-canvas').options({ resultTypes: ['violations'] }).setLegacyMode().analyze()
  return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)
}

test('both models run, and their networks are on the map', async ({ browser, city }) => {
  test.setTimeout(180_000)
  await city.speed(60)
  const running = async () => (await city.get<{ items: EngineView[] }>('/twin')).items.filter((e) => e.run).map((e) => e.engine)
  await expect.poll(running, { timeout: 120_000, intervals: [1000] }).toEqual(['storm', 'supply'])
  const desk = await browser.newContext({ viewport: desktop })
  await signedIn(desk, city.login('dispatcher'), { 'zhizhen.language': 'zh', 'zhizhen.theme': 'night' })
  const page = await desk.newPage()
  await page.goto('/twin')
  await expect(page.getByText('模型算到')).toBeVisible()
  await expect(page.getByText('二维漫流计算 12 处路段')).toBeVisible()
  await page.getByRole('tab', { name: '2 小时后' }).click()
  await expect(page.getByText('预报', { exact: true })).toBeVisible()
  await page.screenshot({ path: 'test-results/screens/twin-storm-zh-night.png' })
  expect.soft(await serious(page)).toEqual([])
  await page.getByTitle('Switch to English').click()
  await expect(page.getByRole('tab', { name: 'Storm sewers' })).toBeVisible()
  for (let n = 0; n < 1; n += 1) await page.getByTitle(/^Change theme/).click()
  await page.screenshot({ path: 'test-results/screens/twin-storm-en-day.png' })
  await desk.close()
})

test('a burst is tried on the screen: who loses water, and which valves shut it off', async ({ browser, city }) => {
  test.setTimeout(180_000)
  const there = async () => (await city.get<{ items: EngineView[] }>('/twin')).items.some((e) => e.engine === 'supply' && e.run)
  await expect.poll(there, { timeout: 120_000, intervals: [1000] }).toBe(true)
  const network = await city.get<NetworkView>('/twin/networks/supply')
  // A wide pipe inside a zone: something must happen.
  const pipe = network.link_names.find((_, i) => network.link_kinds[i] === 'pipe' && (network.size_m[i] ?? 0) >= 0.2 && (network.size_m[i] ?? 0) < 0.4)
  expect(pipe).toBeDefined()
  for (const [language, size] of [['zh', desktop], ['en', phone]] as const) {
    const context = await browser.newContext({ viewport: size })
    await signedIn(context, city.login('dispatcher'), { 'zhizhen.language': language, 'zhizhen.theme': language === 'zh' ? 'night' : 'day' })
    const page = await context.newPage()
    await page.goto(`/twin?net=supply&pick=link:${pipe}`)
    await page.getByRole('button', { name: language === 'zh' ? '此处爆管' : 'It bursts' }).click()
    await expect(page.getByText(language === 'zh' ? '断水用户' : 'Taps without water')).toBeVisible({ timeout: 10_000 })
    await expect(page.getByRole('heading', { name: language === 'zh' ? '关阀隔离' : 'Valves to close' })).toBeVisible()
    await page.screenshot({ path: `test-results/screens/twin-burst-${language}.png`, fullPage: language === 'en' })
    expect.soft(await serious(page)).toEqual([])
    await context.close()
  }
})

test('the station page shows the forecast beside persistence', async ({ browser, city }) => {
  test.setTimeout(180_000)
  const forecast = async () => (await city.get<{ outlook: unknown }>('/twin/stations/3307820013')).outlook !== null
  await expect.poll(forecast, { timeout: 120_000, intervals: [1000] }).toBe(true)
  const desk = await browser.newContext({ viewport: desktop })
  await signedIn(desk, city.login('dispatcher'), { 'zhizhen.language': 'zh', 'zhizhen.theme': 'day' })
  const page = await desk.newPage()
  await page.goto('/stations/3307820013')
  await expect(page.getByRole('heading', { name: /模型与预报/ })).toBeVisible()
  await expect(page.getByText('保持不变', { exact: true }).first()).toBeVisible()
  await page.screenshot({ path: 'test-results/screens/twin-station-zh-day.png', fullPage: true })
  expect.soft(await serious(page)).toEqual([])
  await desk.close()
})
