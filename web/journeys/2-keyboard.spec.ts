// An alarm is acknowledged without a mouse.
import { desktop, expect, signedIn, test } from './city'

test('an alarm is acknowledged by keyboard only', async ({ browser, city }) => {
  test.setTimeout(300_000)
  await city.untilOrders(2)
  const context = await browser.newContext({ viewport: desktop })
  await signedIn(context, city.login('dispatcher'))
  const page = await context.newPage()
  await page.goto('/')
  const list = page.locator('[data-alarm]')
  await expect(list.first()).toBeVisible()
  await page.keyboard.press('ArrowDown')
  const chosen = page.locator('[data-alarm]').filter({ has: page.locator('.chosen') })
  await expect(chosen).toBeVisible()
  await expect(chosen).toHaveCount(1)
  const id = Number(await chosen.getAttribute('data-alarm'))
  await page.keyboard.press('a')
  await expect.poll(async () => (await city.get<{ acknowledged: unknown }>(`/alarms/${id}`)).acknowledged).not.toBeNull()
  expect(await city.acts(`alarm:${id}`)).toContain('acknowledge')
  await context.close()
})
