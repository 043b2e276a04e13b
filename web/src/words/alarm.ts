// The sentences an alarm, its journal and its order are told in.
import type { AlarmView, LineView, Quantity } from '@/data/types'
import { fixed, signed, unitText, valueText } from '@/kit/number'
import { language, nameOf, words } from './index'
import { ruleWord, severityWord } from './terms'

const w = words({
  over: { zh: (level: string, limit: string) => `超${level} ${limit}`, en: (level: string, limit: string) => `Above ${level.toLowerCase()} ${limit}` },
  under: { zh: (level: string, limit: string) => `低于${level} ${limit}`, en: (level: string, limit: string) => `Below ${level.toLowerCase()} ${limit}` },
  silent: { zh: '没有上报', en: 'Not reporting' },
  stuck: { zh: '数值一直不变', en: 'Value does not change' },
  jump: { zh: '数值突跳,存疑', en: 'Implausible jump' },
  fast: { zh: (limit: string) => `10 分钟上涨超 ${limit}`, en: (limit: string) => `Rose more than ${limit} in 10 min` },
  rain: { zh: (level: string, mm: string) => `暴雨${level}预警 ${mm}`, en: (level: string, mm: string) => `${level} rainstorm signal, ${mm}` },
  sum: { zh: (level: string, mm: string) => `累计雨量超${level} ${mm}`, en: (level: string, mm: string) => `Rain above ${level.toLowerCase()} ${mm}` },
  gap: { zh: (level: string, limit: string) => `偏离模型超${level} ${limit}`, en: (level: string, limit: string) => `Off the model by more than ${level.toLowerCase()} ${limit}` },
  falling: { zh: '回落,等待确认', en: 'Gone, to be acknowledged' },
  handled: { zh: '已处置,待关闭', en: 'Handled, to be closed' },
  returned: { zh: '已恢复', en: 'Back to normal' },
})

/** What is wrong, in one short line: `超红色 0.50 m`. */
export function alarmLine(alarm: AlarmView): string {
  const level = severityWord[alarm.severity]
  const limit = `${valueText(alarm.evidence.threshold, alarm.point.quantity)} ${unitText(alarm.point.unit)}`.trim()
  if (alarm.state === 'returned_unacknowledged') return w.falling
  if (alarm.state === 'returned') return alarm.order?.state === 'handled' ? w.handled : w.returned
  switch (alarm.kind) {
    case 'level_high':
      return w.over(level, limit)
    case 'level_low':
      return w.under(level, limit)
    case 'rate_of_rise':
      return w.fast(limit)
    case 'rain_signal':
      return w.rain(level, `${fixed(alarm.evidence.threshold, 0)} mm`)
    case 'rain_sum':
      return w.sum(level, `${fixed(alarm.evidence.threshold, 0)} mm`)
    case 'silent':
      return w.silent
    case 'stuck':
      return w.stuck
    case 'model_gap':
      return w.gap(level, limit)
    case 'jump':
      return w.jump
    default:
      return ruleWord[alarm.kind as keyof typeof ruleWord] ?? alarm.kind
  }
}

/** The figure to show beside an alarm: the level now, or for rain the sum that was judged. */
export function shownValue(alarm: AlarmView): number | null {
  if (alarm.kind === 'silent') return null
  if (alarm.kind === 'rain_signal' || alarm.kind === 'rain_sum' || alarm.kind === 'model_gap' || alarm.state === 'closed') return alarm.evidence.value
  return alarm.now ? alarm.now.value : alarm.evidence.value
}

/** `+0.06 m/10 min`; nothing for what barely moves. */
export function trendText(trend: number | null | undefined, quantity: Quantity | null, unit: string): string {
  if (trend === null || trend === undefined || Math.abs(trend) < 0.005) return ''
  if (quantity === 'rain' || quantity === 'rain_total') return ''
  return `${signed(trend)} ${unitText(unit)}/10 min`
}

const acts = words({
  'alarm:raise': { zh: '越限确立,报警', en: 'Limit exceeded: alarm raised' },
  'alarm:judge': { zh: '等级变化', en: 'Level changed' },
  'alarm:return': { zh: '水情恢复正常', en: 'Back to normal' },
  'alarm:acknowledge': { zh: '确认', en: 'Acknowledged' },
  'alarm:shelve': { zh: '搁置', en: 'Shelved' },
  'alarm:unshelve': { zh: '取消搁置', en: 'Off the shelf' },
  'alarm:suppress': { zh: '因检修抑制', en: 'Suppressed by maintenance' },
  'alarm:unsuppress': { zh: '检修结束', en: 'Maintenance over' },
  'alarm:close': { zh: '关闭报警', en: 'Alarm closed' },
  'order:send': { zh: '派单', en: 'Order sent' },
  'order:join': { zh: '并入已有工单', en: 'Joined to the open order' },
  'order:accept': { zh: '接单', en: 'Accepted' },
  'order:depart': { zh: '出发', en: 'Set off' },
  'order:arrive': { zh: '到达现场', en: 'Arrived' },
  'order:handle': { zh: '处置完成', en: 'Handled' },
  'order:reassign': { zh: '改派', en: 'Reassigned' },
  'order:escalate': { zh: '逾期升级', en: 'Escalated' },
  'order:close': { zh: '关闭工单', en: 'Order closed' },
  'message:message': { zh: '发出消息', en: 'Message asked for' },
  'message:handed': { zh: '交给通道', en: 'Handed to the channel' },
  'message:sent': { zh: '消息已发出', en: 'Message sent' },
  'message:failed': { zh: '发送失败', en: 'Sending failed' },
  'message:read': { zh: '已读', en: 'Read' },
})

const desks = words({
  alarm: { zh: '报警规则', en: 'Alarm rules' },
  dispatch: { zh: '自动派单', en: 'Dispatch' },
  gateway: { zh: '接收', en: 'Gateway' },
  import: { zh: '导入', en: 'Import' },
  api: { zh: '系统', en: 'System' },
})

/** What a journal line says. */
export function actText(line: LineView): string {
  const key = `${line.subject.split(':')[0]}:${line.act}`
  return (acts as Record<string, string>)[key] ?? line.act
}

/** Who did it: a person, or the desk that acts by itself. */
export function actorText(line: LineView): string {
  if (line.actor.kind === 'person' || line.actor.name) return nameOf(line.actor)
  const desk = String(line.actor.id ?? line.actor.name ?? line.actor.kind)
  return (desks as Record<string, string>)[desk] ?? (language.value === 'zh' ? '系统' : 'System')
}
