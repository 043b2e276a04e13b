// When the live line is lost, the console says so, and since when; and that it is back.
import { desktop, expect, signIn, test } from './city'
import { lineTo } from './line'

test('a lost stream shows the stale bar, and it goes when the line is back', async ({ browser, city, baseURL }) => {
  const line = await lineTo(baseURL ?? '')
  const context = await browser.newContext({ viewport: desktop, baseURL: line.url })
  const page = await context.newPage()
  await signIn(page, city.login('dispatcher'))
  await page.goto('/system')
  await expect(page.getByText('已连接')).toBeVisible()
  line.cut()
  const bar = page.getByText(/实时数据已中断/)
  await expect(bar).toBeVisible({ timeout: 20_000 })
  line.mend()
  await expect(bar).toHaveCount(0, { timeout: 30_000 })
  await expect(page.getByText('已连接')).toBeVisible()
  await context.close()
  line.cut()
  await line.end()
})
