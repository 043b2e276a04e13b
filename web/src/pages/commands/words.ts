// The words of commands: kinds, fields, states, refusals, silences.
import { words } from '@/words'

export const askWord = words({
  query_current: { zh: '查询实时数据', en: 'Ask for present values' },
  query_period: { zh: '查询时段数据', en: 'Ask for values of a period' },
  query_elements: { zh: '查询指定要素', en: 'Ask for elements' },
  query_status: { zh: '查询状态', en: 'Ask for status' },
  query_motors: { zh: '查询电机工况', en: 'Ask for motor data' },
  query_clock: { zh: '查询时钟', en: 'Ask for its clock' },
  set_clock: { zh: '校时', en: 'Set its clock' },
  query_picture: { zh: '要一张图片', en: 'Ask for a picture' },
  query_manual: { zh: '查询人工置数', en: 'Ask for keyed-in values' },
  query_version: { zh: '查询软件版本', en: 'Ask for its version' },
  query_events: { zh: '查询事件记录', en: 'Ask for its event counts' },
  read_parameters: { zh: '读取参数', en: 'Read parameters' },
  switch_pump: { zh: '水泵启停', en: 'Start or stop a pump' },
  switch_valve: { zh: '阀门开关', en: 'Open or close a valve' },
  set_gate: { zh: '闸门开度', en: 'Set a gate' },
  write: { zh: '写点', en: 'Write a target' },
  set_parameters: { zh: '修改参数', en: 'Change parameters' },
  set_password: { zh: '修改密码', en: 'Change its password' },
  set_quota: { zh: '水量定值控制', en: 'Constant-value control' },
  set_ic_card: { zh: 'IC 卡功能', en: 'IC card' },
  clear_memory: { zh: '清空固态存储', en: 'Erase its memory' },
  factory_reset: { zh: '恢复出厂设置', en: 'Factory reset' },
})

export const fieldWord = words({
  from: { zh: '从', en: 'From' },
  to: { zh: '到', en: 'To' },
  step_min: { zh: '步长(分钟)', en: 'Step (minutes)' },
  element: { zh: '要素', en: 'Element' },
  elements: { zh: '要素', en: 'Elements' },
  table: { zh: '参数表', en: 'Table' },
  ids: { zh: '参数号', en: 'Parameters' },
  values: { zh: '参数号=值', en: 'Parameter=value' },
  pump: { zh: '泵号', en: 'Pump' },
  on: { zh: '启停', en: 'Start or stop' },
  valve: { zh: '阀号', en: 'Valve' },
  open: { zh: '开关', en: 'Open or close' },
  gate: { zh: '闸号', en: 'Gate' },
  opening_m: { zh: '开度(m)', en: 'Opening (m)' },
  target: { zh: '目标', en: 'Target' },
  value: { zh: '值', en: 'Value' },
  password: { zh: '新密码', en: 'New password' },
  enabled: { zh: '是否启用', en: 'In force' },
  on_true: { zh: '启动', en: 'start' },
  on_false: { zh: '停止', en: 'stop' },
  open_true: { zh: '打开', en: 'open' },
  open_false: { zh: '关闭', en: 'close' },
  enabled_true: { zh: '启用', en: 'yes' },
  enabled_false: { zh: '停用', en: 'no' },
})

export const stateWord = words({
  asked: { zh: '待批准', en: 'Waits to be allowed' },
  allowed: { zh: '待下发', en: 'Waits for the station' },
  refused: { zh: '未批准', en: 'Refused' },
  sent: { zh: '已下发', en: 'Sent' },
  answered: { zh: '已应答', en: 'Answered' },
  timed_out: { zh: '超时', en: 'Timed out' },
  read_back: { zh: '已回读', en: 'Read back' },
})

export const refusalWord = words({
  person: { zh: '未批准', en: 'Refused by a person' },
  station_in_maintenance: { zh: '联锁:测站检修中,不动设备', en: 'Interlock: the station is under maintenance; nothing is moved' },
  level_below_stop: { zh: '联锁:水位低于停泵水位,不能开泵', en: 'Interlock: the level is below the stop level; no pump is started' },
  level_unknown: { zh: '联锁:没有新的水位,不能开泵', en: 'Interlock: no fresh level is known; no pump is started' },
  opening_too_large: { zh: '联锁:超过闸门最大开度', en: 'Interlock: the gate would be open too far' },
})

export const silenceWord = words({
  not_reached: { zh: '测站一直没有上线,没有下发。', en: 'The station did not come on line: nothing was sent.' },
  no_answer: { zh: '已下发,没有应答:测站可能已经执行。', en: 'It was sent and no answer came: the station may have done it.' },
  line_lost: { zh: '下发后连接断开:测站可能已经执行。', en: 'The line was lost after sending: the station may have done it.' },
  restarted: { zh: '下发后服务器重启:测站可能已经执行。', en: 'The server restarted after sending: the station may have done it.' },
})

export const deciderWord = words({
  person: { zh: '人工', en: 'a person' },
  standing_order: { zh: '常规授权', en: 'standing order' },
  interlock: { zh: '联锁', en: 'interlock' },
})
