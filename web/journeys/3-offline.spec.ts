// The phone in a tunnel: a step pressed without network is kept, survives a reload, and is sent once.
import { expect, phone, signedIn, test } from './city'

test('a step pressed without network is kept on the phone and sent exactly once', async ({ browser, city }) => {
  test.setTimeout(300_000)
  const order = (await city.untilOrders(2)).sort((a, b) => b.id - a.id)[0]
  if (!order) throw new Error('no order')
  const context = await browser.newContext({ viewport: phone, hasTouch: true, isMobile: true })
  await signedIn(context, await city.loginOf(order.assignee.id), { 'zhizhen.push-asked': '1' })
  const page = await context.newPage()
  await page.goto(`/phone/orders/${order.id}`)
  const accept = page.getByRole('button', { name: '接单', exact: true })
  await expect(accept).toBeVisible()
  // One visit is enough: the shell and who is signed in are on the phone.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await expect.poll(() => page.evaluate(async () => (await caches.match('/api/v1/session')) !== undefined)).toBe(true)

  await context.setOffline(true)
  await accept.tap()
  const note = page.getByText('没有网络:1 步已存在手机上')
  await expect(note).toBeVisible()
  await page.getByRole('button', { name: '我已出发', exact: true }).tap()
  await expect(page.getByText('没有网络:2 步已存在手机上')).toBeVisible()

  // Closed and opened again, still without network: everything is there.
  await page.reload()
  await expect(page.getByRole('heading', { level: 2 })).toContainText(order.station.name)
  await expect(page.getByText('没有网络:2 步已存在手机上')).toBeVisible()
  await expect(page.getByRole('button', { name: '我已到达', exact: true })).toBeVisible()
  expect((await city.order(order.id)).state).toBe('sent')

  await context.setOffline(false)
  await expect.poll(async () => (await city.order(order.id)).state, { timeout: 45_000 }).toBe('departed')
  await expect(page.locator('[data-note=network]')).toHaveCount(0, { timeout: 45_000 })
  const acts = await city.acts(`order:${order.id}`)
  expect(acts.filter((a) => a === 'accept')).toHaveLength(1)
  expect(acts.filter((a) => a === 'depart')).toHaveLength(1)
  await context.close()
})

test('a step the server refuses is shown with its reason', async ({ browser, city }) => {
  test.setTimeout(300_000)
  const order = (await city.untilOrders(2)).sort((a, b) => b.id - a.id)[0]
  if (!order) throw new Error('no order')
  const context = await browser.newContext({ viewport: phone, hasTouch: true, isMobile: true })
  await signedIn(context, await city.loginOf(order.assignee.id), { 'zhizhen.push-asked': '1' })
  const page = await context.newPage()
  await page.goto(`/phone/orders/${order.id}`)
  const accept = page.getByRole('button', { name: '接单', exact: true })
  await expect(accept).toBeVisible()
  await context.setOffline(true)
  await accept.tap()
  await expect(page.getByText('没有网络:1 步已存在手机上')).toBeVisible()
  // Meanwhile the desk closes it.
  await city.post(`/orders/${order.id}/close`, { reason: '误报' })
  await context.setOffline(false)
  await expect(page.locator('[data-note=refused]')).toContainText('它已经关闭', { timeout: 45_000 })
  await page.getByRole('button', { name: '知道了' }).tap()
  await expect(page.locator('[data-note=refused]')).toHaveCount(0)
  expect(await city.acts(`order:${order.id}`)).not.toContain('accept')
  await context.close()
})
