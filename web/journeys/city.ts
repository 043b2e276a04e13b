// What the journeys need to know of the city, asked over the same interface as everybody: who people
// are, how the storm goes, what the journal says. Acts are done on the screen, never here.
import { test as base, expect, type APIRequestContext, type BrowserContext, type Page } from '@playwright/test'
import type { AlarmView, DemoLogin, LineView, OrderView, PersonView, Role } from '@/data/types'

export { expect }
export type { OrderView }

export const desktop = { width: 1920, height: 1080 }
export const phone = { width: 390, height: 844 }

/** Tests against the server the setup started. */
export const test = base.extend<{ city: City }>({
  baseURL: async ({}, use) => use(process.env.ZHIZHEN_URL ?? 'http://127.0.0.1:8080'),
  city: async ({ playwright, baseURL }, use) => {
    const request = await playwright.request.newContext({ baseURL, extraHTTPHeaders: { origin: baseURL ?? '' } })
    const city = new City(request)
    await city.begin()
    await use(city)
    await request.dispose()
  },
})

let keys = 0

export class City {
  private logins: DemoLogin[] = []
  constructor(private readonly request: APIRequestContext) {}

  async begin(): Promise<void> {
    this.logins = (await this.get<{ items: DemoLogin[] }>('/demo/logins')).items
    await this.post('/session', this.login('dispatcher'))
  }

  /** Name and password of somebody in a role. */
  login(role: Role): { login: string; password: string } {
    const found = this.logins.find((l) => l.role === role)
    if (!found) throw new Error(`the demo has no ${role}`)
    return { login: found.login, password: found.password }
  }

  /** Name and password of a person; everybody in the demo has the same password. */
  async loginOf(person: number): Promise<{ login: string; password: string }> {
    const { items } = await this.get<{ items: PersonView[] }>('/persons')
    const found = items.find((p) => p.id === person)
    if (!found) throw new Error(`nobody has the number ${person}`)
    return { login: found.login, password: this.login('dispatcher').password }
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.request.get(`/api/v1${path}`)
    expect(answer.ok(), `GET ${path}: ${answer.status()}`).toBe(true)
    return (await answer.json()) as T
  }

  async post<T>(path: string, data: object): Promise<T> {
    keys += 1
    const answer = await this.request.post(`/api/v1${path}`, { data, headers: { 'idempotency-key': `journey-${process.pid}-${keys}` } })
    expect(answer.ok(), `POST ${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }

  speed(times: number): Promise<unknown> {
    return this.post('/demo/playback', { speed: times, paused: false })
  }

  async openOrders(): Promise<OrderView[]> {
    return (await this.get<{ items: OrderView[] }>('/orders?open=true&limit=200')).items
  }

  async openAlarms(): Promise<AlarmView[]> {
    return (await this.get<{ items: AlarmView[] }>('/alarms?open=true&limit=200')).items
  }

  order(id: number): Promise<OrderView> {
    return this.get(`/orders/${id}`)
  }

  /** Lets the storm run fast until so many orders wait to be accepted, then at its own pace. */
  async untilOrders(count: number): Promise<OrderView[]> {
    const sent = async () => (await this.openOrders()).filter((o) => o.state === 'sent')
    if ((await sent()).length < count) {
      await this.speed(600)
      await expect.poll(async () => (await sent()).length, { timeout: 240_000, intervals: [300] }).toBeGreaterThanOrEqual(count)
    }
    await this.speed(1)
    return sent()
  }

  /**
   * Lets a storm run fast until water stands over its limit somewhere and an order waits to be
   * accepted there; then at its own pace. The alarm with the order it called.
   */
  async untilWater(): Promise<{ alarm: AlarmView; order: OrderView }> {
    const found = async () => {
      const sent = new Map((await this.openOrders()).filter((o) => o.state === 'sent').map((o) => [o.id, o]))
      return (await this.openAlarms())
        .filter((a) => a.kind === 'level_high' && a.state === 'raised' && sent.has(a.order?.id ?? 0))
        .sort((a, b) => b.risk - a.risk)
        .map((alarm) => ({ alarm, order: sent.get(alarm.order?.id ?? 0) }))[0]
    }
    if (!(await found())) {
      await this.speed(600)
      await expect.poll(async () => (await found()) !== undefined, { timeout: 240_000, intervals: [300] }).toBe(true)
    }
    await this.speed(1)
    const water = await found()
    if (!water?.order) throw new Error('the water fell while we looked')
    return { alarm: water.alarm, order: water.order }
  }

  /** Plays the storm with everybody at work until the water stands high in several places. */
  async untilStormPeaks(): Promise<void> {
    await this.post('/demo/playback', { storm: '2019-06-21', speed: 300, paused: false, people: true, dispatcher: true })
    const high = async () => (await this.openAlarms()).filter((a) => a.kind === 'level_high' && (a.severity === 'red' || a.severity === 'orange') && !a.returned_at).length
    await expect.poll(high, { timeout: 360_000, intervals: [500] }).toBeGreaterThanOrEqual(4)
    await this.speed(1)
  }

  /** The journal's acts on a thing, such as `order:12`. */
  async acts(subject: string): Promise<string[]> {
    const { items } = await this.get<{ items: LineView[] }>(`/journal?subject=${subject}&limit=200`)
    return items.map((line) => line.act)
  }
}

/** Signs in on the screen as a person would, by name and password. */
export async function signIn(page: Page, who: { login: string; password: string }): Promise<void> {
  await page.goto('/sign-in')
  await page.locator('input[name=login]').fill(who.login)
  await page.locator('input[name=password]').fill(who.password)
  await page.locator('button[type=submit]').click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
}

/** Signs a whole browser in without the screen, for journeys about other things. */
export async function signedIn(context: BrowserContext, who: { login: string; password: string }, kept: Record<string, string> = {}): Promise<void> {
  const answer = await context.request.post('/api/v1/session', { data: who, headers: { 'idempotency-key': `in-${process.pid}-${(keys += 1)}` } })
  expect(answer.ok(), `sign in ${who.login}: ${answer.status()}`).toBe(true)
  await context.addInitScript((all) => {
    for (const [key, value] of Object.entries(all)) if (localStorage.getItem(key) === null) localStorage.setItem(key, value)
  }, kept)
}

/** A small real JPEG, as a camera would hand it over. */
export const photo = {
  name: 'spot.jpg',
  mimeType: 'image/jpeg',
  buffer: Buffer.from(
    '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAABAAEDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD3+iiigD//2Q==',
    'base64',
  ),
}
