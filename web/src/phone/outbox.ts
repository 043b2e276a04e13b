// 待送达: what was pressed and has not reached the server yet. Promises: an act is on the phone's disk
// before the button says so; acts go out in the order they were pressed; each carries the key it got
// when pressed, so the server does it once however often it is sent; a refusal is shown, never hidden.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, newKey, type Problem } from '@/data/http'
import type { OrderState, OrderView, Time } from '@/data/types'

export type ActName = 'accept' | 'depart' | 'arrive' | 'handle' | 'reassign' | 'acknowledge'

/** One press of a button. */
export interface Act {
  /** Its place in the queue. */
  n: number
  key: string
  /** Who pressed: never sent in another's name. */
  person: number
  kind: 'order' | 'alarm'
  id: number
  /** What people call the order or alarm. */
  label: string
  act: ActName
  body: Record<string, unknown>
  /** Photos still on the phone; their server keys are appended to `body.photos`. */
  photos: string[]
  pressed_at: Time
  /** Why the server refused it; it is not sent again. */
  refused: { code: string; params: Record<string, unknown> } | null
}

/** Where acts and photos lie on the phone. */
export interface Shelf {
  all(): Promise<Act[]>
  add(act: Omit<Act, 'n'>): Promise<Act>
  put(act: Act): Promise<void>
  drop(n: number): Promise<void>
  photo(id: string): Promise<Blob | undefined>
  putPhoto(id: string, photo: Blob): Promise<void>
  dropPhoto(id: string): Promise<void>
}

/** How they reach the server. */
export interface Carrier {
  photo(photo: Blob): Promise<string>
  act(act: Act): Promise<unknown>
}

/** Pauses between tries while the server cannot be reached, ms. */
const pauses = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000]
/** More than this unsent on one phone means something else is broken; the oldest are still kept. */
const most = 200

export interface Outbox {
  /** Not delivered yet, in order. */
  waiting: ShallowRef<Act[]>
  /** Refused by the server, until the person has read why. */
  refused: ShallowRef<Act[]>
  sending: Ref<boolean>
  /** The last try did not reach the server. */
  cut: Ref<boolean>
  load(): Promise<void>
  press(act: Pick<Act, 'kind' | 'id' | 'label' | 'act' | 'body' | 'photos' | 'pressed_at'>): Promise<Act>
  /** Sends what waits; called again whenever the network may be back. */
  send(): Promise<void>
  dismiss(n: number): Promise<void>
}

/** Whether trying again later can help. */
function worthAnotherTry(problem: Problem): boolean {
  return problem.status === 0 || problem.status >= 500 || problem.status === 429 || problem.status === 401
}

export function makeOutbox(shelf: Shelf, carrier: Carrier, whose: () => number | null, done: (act: Act, answer: unknown) => void): Outbox {
  const waiting = shallowRef<Act[]>([])
  const refused = shallowRef<Act[]>([])
  const sending = ref(false)
  const cut = ref(false)
  let tries = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined

  async function load() {
    const mine = (await shelf.all()).filter((a) => a.person === whose())
    waiting.value = mine.filter((a) => !a.refused)
    refused.value = mine.filter((a) => a.refused)
  }

  async function press(given: Parameters<Outbox['press']>[0]) {
    const person = whose()
    if (person === null || waiting.value.length >= most) throw new Error('no room for another act')
    // A plain copy: what the page watches cannot be put on the disk.
    const plain = JSON.parse(JSON.stringify(given)) as typeof given
    const act = await shelf.add({ ...plain, key: newKey(), person, refused: null })
    waiting.value = [...waiting.value, act]
    void send()
    return act
  }

  async function refuse(first: Act, problem: Problem) {
    const why = { code: problem.code, params: problem.params }
    // What was pressed after it on the same thing built on it.
    const fallen = waiting.value.filter((a) => a.n >= first.n && a.kind === first.kind && a.id === first.id)
    for (const act of fallen) await shelf.put({ ...act, refused: why })
    waiting.value = waiting.value.filter((a) => !fallen.includes(a))
    refused.value = [...refused.value, ...fallen.map((a) => ({ ...a, refused: why }))]
  }

  async function upload(act: Act): Promise<Act> {
    let now = act
    for (const id of act.photos) {
      const photo = await shelf.photo(id)
      const sent = (now.body.photos as string[] | undefined) ?? []
      const photos = photo ? [...sent, await carrier.photo(photo)] : sent
      now = { ...now, body: { ...now.body, photos }, photos: now.photos.filter((p) => p !== id) }
      await shelf.put(now)
      await shelf.dropPhoto(id)
      waiting.value = waiting.value.map((a) => (a.n === now.n ? now : a))
    }
    return now
  }

  async function deliver(act: Act) {
    const whole = await upload(act)
    const answer = await carrier.act(whole)
    await shelf.drop(whole.n)
    waiting.value = waiting.value.filter((a) => a.n !== whole.n)
    done(whole, answer)
  }

  async function run() {
    clearTimeout(timer)
    sending.value = waiting.value.length > 0
    try {
      for (let act = waiting.value[0]; act; act = waiting.value[0]) {
        try {
          await deliver(act)
          tries = 0
          cut.value = false
        } catch (thrown) {
          const problem = asProblem(thrown)
          if (worthAnotherTry(problem)) {
            cut.value = true
            if (problem.status !== 401) timer = setTimeout(() => void send(), pauses[Math.min(tries++, pauses.length - 1)])
            return
          }
          await refuse(act, problem)
        }
      }
    } finally {
      sending.value = false
    }
  }

  function send(): Promise<void> {
    running ??= alone(run).finally(() => {
      running = undefined
    })
    return running
  }

  async function dismiss(n: number) {
    const act = refused.value.find((a) => a.n === n)
    for (const id of act?.photos ?? []) await shelf.dropPhoto(id)
    await shelf.drop(n)
    refused.value = refused.value.filter((a) => a.n !== n)
  }

  return { waiting, refused, sending, cut, load, press, send, dismiss }
}

/** One sender at a time, also over two open pages, where the browser can promise it. */
async function alone(run: () => Promise<void>): Promise<void> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
  if (locks) await locks.request('zhizhen-outbox', run)
  else await run()
}

const leadsTo: Partial<Record<ActName, OrderState>> = { accept: 'accepted', depart: 'departed', arrive: 'arrived', handle: 'handled' }

/** The order as it will be once what waits has arrived. */
export interface Foreseen {
  state: OrderState
  /** Steps pressed and not delivered yet, with when they were pressed. */
  pending: Partial<Record<OrderState, Time>>
  /** 退单 is on its way. */
  leaving: boolean
}

export function foreseen(order: Pick<OrderView, 'id' | 'state'>, waiting: readonly Act[]): Foreseen {
  const all: Foreseen = { state: order.state, pending: {}, leaving: false }
  for (const act of waiting) {
    if (act.kind !== 'order' || act.id !== order.id) continue
    if (act.act === 'reassign') all.leaving = true
    const next = leadsTo[act.act]
    if (!next) continue
    all.pending[next] = act.pressed_at
    all.state = next
  }
  return all
}
