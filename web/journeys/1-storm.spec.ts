// From the storm to the closed order: an alarm on the console, a message, the owner's phone, the spot,
// a photo, and the dispatcher who closes. Every step is done on the screen of the one who does it.
import { desktop, expect, phone, photo, signIn, test } from './city'

test('an alarm reaches the owner, who goes there and handles it, and the dispatcher closes', async ({ browser, city }) => {
  test.setTimeout(300_000)
  const { alarm, order: first } = await city.untilWater()

  // The dispatcher sees it, by the link of a colleague: the list is long in a storm.
  const desk = await browser.newContext({ viewport: desktop })
  const control = await desk.newPage()
  await signIn(control, city.login('dispatcher'))
  await control.goto(`/?alarm=${alarm.id}`)
  await expect(control.locator(`[data-alarm="${alarm.id}"]`).first()).toBeVisible()
  await expect(control.locator(`[data-alarm="${alarm.id}"]`).first()).toContainText(first.station.name)

  // The ledger holds the message to whoever was asked.
  const messages = await city.get<{ items: { order: number | null; person: { id: number } }[] }>('/messages?limit=200')
  expect(messages.items.some((m) => m.order === first.id && m.person.id === first.assignee.id)).toBe(true)

  // The owner, on the phone, close to the spot.
  const street = await browser.newContext({
    viewport: phone,
    hasTouch: true,
    isMobile: true,
    geolocation: { longitude: first.spot.lon + 0.0003, latitude: first.spot.lat + 0.0002 },
    permissions: ['geolocation'],
  })
  const page = await street.newPage()
  await signIn(page, await city.loginOf(first.assignee.id))
  await expect(page).toHaveURL(/\/phone/)
  await page.goto(`/phone/orders/${first.id}`)
  await expect(page.getByRole('heading', { level: 2 })).toContainText(first.station.name)

  await page.getByRole('button', { name: '接单', exact: true }).tap()
  // Asked once whether new orders may ring, with the reason.
  const later = page.getByRole('button', { name: '以后再说' })
  if (await later.isVisible({ timeout: 3000 }).catch(() => false)) await later.tap()
  await page.getByRole('button', { name: '我已出发', exact: true }).tap()
  await expect.poll(async () => (await city.order(first.id)).state).toBe('departed')
  await page.getByRole('button', { name: '我已到达', exact: true }).tap()
  await expect.poll(async () => (await city.order(first.id)).state).toBe('arrived')
  expect((await city.order(first.id)).arrival?.kind).toBe('proven')

  await page.locator('.camera input[type=file]').setInputFiles(photo)
  await expect(page.getByText('拍照(1)')).toBeVisible()
  await page.getByRole('button', { name: '处置完成', exact: true }).tap()
  const sheet = page.getByRole('dialog')
  await sheet.getByRole('button', { name: '已清理雨水口' }).tap()
  await expect(sheet.getByAltText('现场照片')).toBeVisible()
  await sheet.getByRole('button', { name: '处置完成', exact: true }).tap()
  await expect(page.getByText('已处置,等调度核实关闭')).toBeVisible()
  await expect.poll(async () => (await city.order(first.id)).state).toBe('handled')

  // The dispatcher looks at the proof and closes; the water still stands, so a reason is asked for.
  await control.goto(`/orders/${first.id}`)
  await expect(control.getByText(/定位确认,距现场/)).toBeVisible()
  await expect(control.getByText('已清理雨水口')).toBeVisible()
  const shown = control.getByAltText(/现场照片 1/)
  await expect(shown).toBeVisible()
  expect(await shown.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBeGreaterThan(0)
  await control.keyboard.press('c')
  const reason = control.locator('input[name=reason]')
  if (await reason.isVisible({ timeout: 2000 }).catch(() => false)) {
    await reason.fill('现场已封控,人工值守')
    await reason.press('Enter')
  }
  await expect.poll(async () => (await city.order(first.id)).state).toBe('closed')
  // And the phone says so by itself.
  await expect(page.getByText('这张工单已关闭')).toBeVisible()
  expect(await city.acts(`order:${first.id}`)).toEqual(expect.arrayContaining(['send', 'accept', 'depart', 'arrive', 'handle', 'close']))
  await desk.close()
  await street.close()
})
