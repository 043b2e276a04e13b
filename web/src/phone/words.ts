// The words several parts of the phone page share.
import { words } from '@/words'
import type { ActName } from './outbox'

export const actWord = words({
  accept: { zh: '接单', en: 'Accept' },
  depart: { zh: '我已出发', en: 'I am on my way' },
  arrive: { zh: '我已到达', en: 'I have arrived' },
  handle: { zh: '处置完成', en: 'Handled' },
  reassign: { zh: '退单', en: 'Hand back' },
  acknowledge: { zh: '确认', en: 'Acknowledge' },
}) satisfies Record<ActName, string>

export const stepWord = words({
  accepted: { zh: '接单', en: 'Accepted' },
  departed: { zh: '出发', en: 'En route' },
  arrived: { zh: '到达', en: 'Arrived' },
  handled: { zh: '处置', en: 'Handled' },
  closed: { zh: '完成', en: 'Closed' },
})

export const bringWord = words({
  reflective_vest: { zh: '反光衣', en: 'reflective vest' },
  torch: { zh: '手电', en: 'torch' },
  phone_power: { zh: '充电宝', en: 'power bank' },
  grate_hook: { zh: '雨箅钩', en: 'grate hook' },
  rake: { zh: '钉耙', en: 'rake' },
  barrier_tape: { zh: '警戒带', en: 'barrier tape' },
  warning_cones: { zh: '警示锥', en: 'warning cones' },
  manhole_hook: { zh: '井盖钩', en: 'manhole hook' },
  gas_detector: { zh: '气体检测仪', en: 'gas detector' },
  life_jacket: { zh: '救生衣', en: 'life jacket' },
  throw_line: { zh: '抛绳', en: 'throw line' },
  staff_gauge: { zh: '水尺', en: 'staff gauge' },
  pump_key: { zh: '泵房钥匙', en: 'pump-house key' },
  insulated_gloves: { zh: '绝缘手套', en: 'insulated gloves' },
  multimeter: { zh: '万用表', en: 'multimeter' },
  gauge_tools: { zh: '雨量计工具', en: 'rain-gauge tools' },
  mobile_pump: { zh: '移动泵', en: 'mobile pump' },
  sandbags: { zh: '沙袋', en: 'sandbags' },
})
