// 我的: the orders and alarms of the person with the phone, true while the line stands and last seen
// while it does not; and the one outbox. Begun by the phone page, ended with it.
import { computed, ref, shallowRef, watch } from 'vue'
import { setClock } from '@/data/clock'
import { asProblem, ask, type Problem } from '@/data/http'
import { me } from '@/data/session'
import { closeStream, connection, hear, loadedAgain, openStream } from '@/data/stream'
import type { AlarmView, ClockView, MapView, OrderActed, OrderCard, OrderView, Page, PersonBrief } from '@/data/types'
import { severityRank } from '@/kit/mark'
import { toast } from '@/kit/toast'
import { words } from '@/words'
import { keep, kept, phoneShelf } from './keep'
import { foreseen, makeOutbox, type Act } from './outbox'

const w = words({
  delivered: { zh: '存在手机上的步骤已全部送达', en: 'Everything kept on the phone has been delivered' },
})

/** My open orders. */
export const orders = shallowRef(new Map<number, OrderView>())
/** What is known about them on the spot, by order. */
export const cards = shallowRef(new Map<number, OrderCard>())
/** Open alarms of my blocks. */
export const alarms = shallowRef(new Map<number, AlarmView>())
export const geometry = shallowRef<MapView | null>(null)
/** Until when I am on duty; null when I am not; undefined before it is known. */
export const onDuty = shallowRef<string | null | undefined>(undefined)
/** Something is on the screen: loaded, or kept from before. */
export const ready = ref(false)
/** The last load went wrong. */
export const problem = shallowRef<Problem | null>(null)
/** When what is shown was true, by the server's clock; null while live. */
export const seenAt = ref<string | null>(null)

const mineId = () => me.value?.id ?? null
const name = (what: string) => `${what}:${mineId() ?? 0}`

export const outbox = makeOutbox(
  phoneShelf,
  {
    photo: async (photo) => (await ask<{ key: string }>('/photos', { method: 'POST', body: photo })).key,
    act: (act) => ask(pathOf(act), { method: 'POST', key: act.key, body: act.body }),
  },
  mineId,
  (act, answer) => {
    if (act.kind === 'order') takeOrder((answer as OrderActed).order)
    else void loadAlarms().catch(() => undefined)
    if (outbox.waiting.value.length === 0 && wasCut) toast(w.delivered)
    if (outbox.waiting.value.length === 0) wasCut = false
  },
)
let wasCut = false
watch(outbox.cut, (cut) => {
  wasCut ||= cut
})

const pathOf = (act: Act) => `/${act.kind}s/${act.id}/${act.act}`

/** No way to the server just now. */
export const cutOff = computed(() => connection.value.phase === 'broken' || outbox.cut.value || problem.value?.status === 0)

/** My orders, most urgent first; what I handled, last. */
export const sorted = computed(() =>
  [...orders.value.values()].sort((a, b) => {
    const done = (o: OrderView) => (foreseen(o, outbox.waiting.value).state === 'handled' ? 1 : 0)
    return done(a) - done(b) || severityRank[b.severity] - severityRank[a.severity] || Date.parse(a.sent_at) - Date.parse(b.sent_at)
  }),
)

/** Newer wins; a closed order, or one that is another's now, leaves the list. */
export function takeOrder(order: OrderView): void {
  const known = orders.value.get(order.id)
  if (known && Date.parse(known.changed_at) > Date.parse(order.changed_at)) return
  const next = new Map(orders.value)
  if (order.state === 'closed' || !isMine(order)) next.delete(order.id)
  else next.set(order.id, order)
  orders.value = next
  const card = cards.value.get(order.id)
  if (card) cards.value = new Map(cards.value).set(order.id, { ...card, ...order })
  void keep(name('orders'), [...next.values()])
}

const isMine = (order: OrderView) => order.mine || order.assignee.id === mineId()

async function loadOrders() {
  const { items } = await ask<Page<OrderView>>('/orders', { query: { open: true, mine: true, limit: 100 } })
  orders.value = new Map(items.map((o) => [o.id, o]))
  await keep(name('orders'), items)
}

async function loadAlarms() {
  // A dispatcher who looks at the phone page has a console for alarms.
  if (me.value?.role !== 'block_owner') return
  const { items } = await ask<Page<AlarmView>>('/alarms', { query: { open: true, limit: 100 } })
  alarms.value = new Map(items.map((a) => [a.id, a]))
  await keep(name('alarms'), items)
}

/** What is known about an order: asked for again when it is opened, kept for when the line is lost. */
export async function loadCard(id: number): Promise<OrderCard> {
  const card = await ask<OrderCard>(`/orders/${id}`)
  cards.value = new Map(cards.value).set(id, card)
  void keep(name('cards'), [...cards.value.values()].slice(-30))
  return card
}

async function loadDuty() {
  const said = await ask<{ items?: Duty[] } | Duty[]>('/duty')
  const all = Array.isArray(said) ? said : (said.items ?? [])
  onDuty.value = all.find((d) => d.person?.id === mineId())?.until ?? null
}
interface Duty {
  person: PersonBrief | null
  until: string
}

/** Shows what the phone kept. */
async function recall() {
  const [o, c, a, g] = await Promise.all([
    kept<OrderView[]>(name('orders')),
    kept<OrderCard[]>(name('cards')),
    kept<AlarmView[]>(name('alarms')),
    kept<MapView>('map'),
  ])
  if (o && orders.value.size === 0) orders.value = new Map(o.map((one) => [one.id, one]))
  if (c && cards.value.size === 0) cards.value = new Map(c.map((one) => [one.id, one]))
  if (a && alarms.value.size === 0) alarms.value = new Map(a.map((one) => [one.id, one]))
  if (g) geometry.value ??= g
  seenAt.value = (await kept<string>(name('seen'))) ?? null
  if (o) ready.value = true
}

let loading = false
/** Loads everything of mine; what was kept stays on the screen when it cannot. */
export async function loadMine(): Promise<void> {
  if (loading) return
  loading = true
  try {
    const clock = await ask<ClockView>('/clock')
    setClock(clock)
    await Promise.all([loadOrders(), loadAlarms()])
    ready.value = true
    problem.value = null
    seenAt.value = clock.now
    void keep(name('seen'), clock.now)
    loadedAgain()
    await Promise.allSettled([loadDuty(), ...[...orders.value.keys()].map(loadCard)])
    geometry.value ??= await ask<MapView>('/map').then((map) => (void keep('map', map), map))
  } catch (thrown) {
    problem.value = asProblem(thrown)
  } finally {
    loading = false
  }
}

let stops: (() => void)[] = []

/** Begins: what was kept first, then what is true, then the stream. */
export async function startMine(): Promise<void> {
  if (stops.length) return
  const retry = () => {
    if (document.visibilityState !== 'visible') return
    void outbox.send()
    if (problem.value) void loadMine()
  }
  stops = [
    hear('order', (order) => {
      if (!isMine(order) && !orders.value.has(order.id)) return
      const fresh = !orders.value.has(order.id)
      takeOrder(order)
      if (fresh || orders.value.has(order.id)) void loadCard(order.id).catch(() => undefined)
    }),
    hear('alarm', (alarm) => {
      if (me.value?.role !== 'block_owner') return
      const next = new Map(alarms.value)
      if (alarm.state === 'closed') next.delete(alarm.id)
      else next.set(alarm.id, alarm)
      alarms.value = next
    }),
    hear('clock', setClock),
    watch(
      () => connection.value.phase,
      (phase, was) => {
        if (phase !== 'live') return
        void outbox.send()
        if (was === 'broken') void loadMine()
      },
    ),
  ]
  addEventListener('online', retry)
  document.addEventListener('visibilitychange', retry)
  const timer = setInterval(() => {
    if (connection.value.phase === 'live' && (connection.value.stale || problem.value)) void loadMine()
  }, 2000)
  stops.push(() => {
    removeEventListener('online', retry)
    document.removeEventListener('visibilitychange', retry)
    clearInterval(timer)
  })
  await Promise.all([recall(), outbox.load()])
  void outbox.send()
  openStream()
  await loadMine()
}

export function stopMine(): void {
  for (const stop of stops) stop()
  stops = []
  closeStream()
  orders.value = new Map()
  cards.value = new Map()
  alarms.value = new Map()
  ready.value = false
  problem.value = null
  onDuty.value = undefined
}
