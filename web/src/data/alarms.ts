// 报警: what a dispatcher does with alarms, and in which order they stand.
import { computed } from 'vue'
import { ask } from './http'
import { actedAlarm, actedOrder, alarms } from './live'
import type { AlarmActed, AlarmView, OrderActed } from './types'

export type Desk = 'needs' | 'underway' | 'shelved'

/** Whether nobody has taken it yet. */
export function isUnacknowledged(alarm: Pick<AlarmView, 'state'>): boolean {
  return alarm.state === 'raised' || alarm.state === 'returned_unacknowledged'
}

/**
 * Where an open alarm stands for the dispatcher. It needs somebody while it is not acknowledged, and
 * again when the work is done and it only has to be closed.
 */
export function deskOf(alarm: AlarmView): Desk {
  if (alarm.shelf || alarm.suppressed) return 'shelved'
  if (isUnacknowledged(alarm)) return 'needs'
  if (alarm.state === 'returned' && alarm.order?.state === 'handled') return 'needs'
  return 'underway'
}

/** By risk, the worst first; of equals the newest first, then by number so that lines never dance. */
export function byRisk(a: AlarmView, b: AlarmView): number {
  return b.risk - a.risk || (a.raised_at < b.raised_at ? 1 : a.raised_at > b.raised_at ? -1 : a.id - b.id)
}

/** Every open alarm, the worst first: sorted once for all who show it. */
export const ranked = computed(() => [...alarms.value.values()].sort(byRisk))

/** Open alarms by desk, each sorted. */
export function byDesk(alarms: Iterable<AlarmView>): Record<Desk, AlarmView[]> {
  const desks: Record<Desk, AlarmView[]> = { needs: [], underway: [], shelved: [] }
  for (const alarm of alarms) if (alarm.state !== 'closed') desks[deskOf(alarm)].push(alarm)
  for (const desk of Object.values(desks)) desk.sort(byRisk)
  // What nobody has taken goes before what only waits to be closed.
  desks.needs.sort((a, b) => Number(isUnacknowledged(b)) - Number(isUnacknowledged(a)))
  return desks
}

async function act(id: number, what: string, body: object): Promise<AlarmView> {
  const { alarm } = await ask<AlarmActed>(`/alarms/${id}/${what}`, { method: 'POST', body })
  actedAlarm(alarm)
  return alarm
}

/** 确认. */
export const acknowledge = (id: number) => act(id, 'acknowledge', {})
/** 搁置, for at most a day. */
export const shelve = (id: number, reason: string, minutes: number) => act(id, 'shelve', { reason, minutes })
/** 取消搁置. */
export const unshelve = (id: number) => act(id, 'unshelve', {})
/** 关闭. */
export const closeAlarm = (id: number) => act(id, 'close', {})

/** 关闭工单: closes its returned alarms too. Needs a reason while one of them still holds. */
export async function closeOrder(order: number, reason: string | null): Promise<void> {
  actedOrder((await ask<OrderActed>(`/orders/${order}/close`, { method: 'POST', body: { reason } })).order)
}

/** 改派: another person goes. */
export async function reassign(order: number, to: number, reason: string): Promise<void> {
  actedOrder((await ask<OrderActed>(`/orders/${order}/reassign`, { method: 'POST', body: { to, reason } })).order)
}
