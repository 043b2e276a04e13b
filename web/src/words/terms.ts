// The words of the trade used on many pages: levels, kinds, states, quantities, roles, channels.
import { words } from './index'

export const severityWord = words({
  red: { zh: '红色', en: 'Red' },
  orange: { zh: '橙色', en: 'Orange' },
  yellow: { zh: '黄色', en: 'Yellow' },
  blue: { zh: '蓝色', en: 'Blue' },
})

export const kindWord = words({
  rain: { zh: '雨量', en: 'Rain gauge' },
  ponding: { zh: '积水', en: 'Road ponding' },
  manhole: { zh: '井水位', en: 'Manhole level' },
  river: { zh: '河道', en: 'River' },
  pump: { zh: '泵站', en: 'Pump station' },
  reservoir: { zh: '水库', en: 'Reservoir' },
  plant: { zh: '污水厂', en: 'Treatment plant' },
  meter: { zh: '水表', en: 'Water meter' },
  supply: { zh: '供水站点', en: 'Supply point' },
})

export const quantityWord = words({
  rain: { zh: '雨量', en: 'Rain' },
  rain_total: { zh: '累计雨量', en: 'Rain total' },
  level: { zh: '水位', en: 'Level' },
  depth: { zh: '水深', en: 'Depth' },
  flow: { zh: '流量', en: 'Flow' },
  voltage: { zh: '电压', en: 'Voltage' },
  pumps_running: { zh: '开泵台数', en: 'Pumps running' },
  status: { zh: '状态', en: 'Status' },
  cod: { zh: '化学需氧量', en: 'COD' },
  ammonia_nitrogen: { zh: '氨氮', en: 'Ammonia nitrogen' },
  total_phosphorus: { zh: '总磷', en: 'Total phosphorus' },
  total_nitrogen: { zh: '总氮', en: 'Total nitrogen' },
  ph: { zh: 'pH', en: 'pH' },
  water_total: { zh: '累计水量', en: 'Water total' },
  energy: { zh: '累计电量', en: 'Energy' },
  pressure: { zh: '压力', en: 'Pressure' },
  other: { zh: '未分类', en: 'Other' },
})

export const alarmStateWord = words({
  raised: { zh: '未确认', en: 'Unacknowledged' },
  acknowledged: { zh: '已确认', en: 'Acknowledged' },
  returned_unacknowledged: { zh: '已恢复·未确认', en: 'Returned, unacknowledged' },
  returned: { zh: '已恢复', en: 'Returned' },
  closed: { zh: '已关闭', en: 'Closed' },
})

export const orderStateWord = words({
  sent: { zh: '已派单', en: 'Sent' },
  accepted: { zh: '已接单', en: 'Accepted' },
  departed: { zh: '已出发', en: 'On the way' },
  arrived: { zh: '已到达', en: 'On the spot' },
  handled: { zh: '已处置', en: 'Handled' },
  closed: { zh: '已关闭', en: 'Closed' },
})

export const ruleWord = words({
  level_high: { zh: '水位超限', en: 'Level high' },
  level_low: { zh: '水位过低', en: 'Level low' },
  rate_of_rise: { zh: '上涨过快', en: 'Rising fast' },
  rain_signal: { zh: '暴雨预警', en: 'Rainstorm signal' },
  rain_sum: { zh: '累计雨量', en: 'Accumulated rain' },
  silent: { zh: '测站失联', en: 'Station silent' },
  stuck: { zh: '数值不变', en: 'Value stuck' },
  jump: { zh: '突跳', en: 'Implausible jump' },
  model_gap: { zh: '偏离模型', en: 'Off the model' },
})

export const roleWord = words({
  dispatcher: { zh: '调度', en: 'Dispatcher' },
  block_owner: { zh: '区块责任人', en: 'Block owner' },
  administrator: { zh: '管理员', en: 'Administrator' },
})

export const channelWord = words({
  wecom_app: { zh: '企业微信', en: 'WeCom' },
  wecom_robot: { zh: '企业微信群', en: 'WeCom group' },
  dingtalk_robot: { zh: '钉钉群', en: 'DingTalk group' },
  sms: { zh: '短信', en: 'SMS' },
  web_push: { zh: '网页推送', en: 'Web push' },
  email: { zh: '邮件', en: 'E-mail' },
})

export const deliveryWord = words({
  waiting: { zh: '排队中', en: 'Waiting' },
  handing: { zh: '发送中', en: 'Being sent' },
  sent: { zh: '已发出', en: 'Sent' },
  delivered: { zh: '已送达', en: 'Delivered' },
  given_up: { zh: '无法送达', en: 'Not deliverable' },
})

export const qualityWord = words({
  good: { zh: '正常', en: 'Good' },
  suspect: { zh: '存疑', en: 'Suspect' },
  missing: { zh: '缺测', en: 'Missing' },
  manual: { zh: '人工', en: 'Manual' },
  estimated: { zh: '估算', en: 'Estimated' },
})
