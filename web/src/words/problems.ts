// What to say when the server refuses or cannot be reached: what happened, and what to do next.
// The server sends a code and parameters, never a sentence.
import { language, words } from './index'

type Params = Record<string, unknown>
const text = (params: Params, key: string): string => {
  const value = params[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '—'
}

export const problemWords = words({
  unreachable: { zh: '连不上服务器。请检查网络;恢复后会自动重试。', en: 'The server cannot be reached. Check the network; it is tried again by itself.' },
  not_signed_in: { zh: '登录已失效,请重新登录。', en: 'You are signed out. Please sign in again.' },
  bad_credentials: { zh: '用户名或密码不对。', en: 'The name or the password is wrong.' },
  wrong_password: { zh: '用户名或密码不对。', en: 'The name or the password is wrong.' },
  too_many_attempts: {
    zh: (p: Params) => `试错太多次,请 ${text(p, 'wait_s')} 秒后再试。`,
    en: (p: Params) => `Too many attempts. Try again in ${text(p, 'wait_s')} seconds.`,
  },
  forbidden: { zh: '您没有这项权限;调度员或管理员可以处理。', en: 'You have no right to do this; a dispatcher or an administrator can.' },
  not_allowed: { zh: '您没有这项权限;调度员或管理员可以处理。', en: 'You have no right to do this; a dispatcher or an administrator can.' },
  not_found: { zh: '找不到它,可能已被删除。', en: 'It cannot be found; it may have been removed.' },
  changed_meanwhile: { zh: '刚才有人改过它。请看过最新内容再改。', en: 'Somebody changed it meanwhile. Look at the present state and try again.' },
  idempotency_key_missing: { zh: '请求不完整,请刷新页面后重试。', en: 'The request was incomplete. Reload the page and try again.' },
  already_acknowledged: { zh: '已有人确认过了。', en: 'Somebody has already acknowledged it.' },
  already_returned: { zh: '水情已恢复正常。', en: 'The condition has already gone.' },
  still_active: { zh: '超限仍未消除,还不能关闭。', en: 'The condition still holds; it cannot be closed yet.' },
  unacknowledged: { zh: '还没有人确认,请先确认。', en: 'Nobody has acknowledged it yet; acknowledge it first.' },
  closed: { zh: '它已经关闭。', en: 'It is closed already.' },
  no_change: { zh: '没有变化。', en: 'Nothing changed.' },
  bad_shelf: { zh: '搁置要写原因,时间不超过 24 小时。', en: 'Shelving needs a reason and at most 24 hours.' },
  alarm_active: { zh: '报警还没消除;现在关闭请写明原因。', en: 'The alarm still holds; give a reason to close now.' },
  reason_needed: { zh: '请写明原因。', en: 'Give a reason.' },
  wrong_state: { zh: '这一步现在做不了,状态刚刚变过。', en: 'This step does not fit any more; the state has just changed.' },
  own_command: { zh: '指令须由申请人以外的人员批准。', en: 'Somebody else than the one who asked must allow the command.' },
  command_expired: { zh: '指令已过有效期，请重新申请。', en: 'The command’s time is over: ask again.' },
  not_yours: { zh: '这张工单不是派给您的。', en: 'This order is not yours.' },
  too_large: { zh: '内容太大,请缩小后再传。', en: 'It is too large; make it smaller and try again.' },
  invalid: {
    zh: (p: Params) => `「${text(p, 'what')}」不对:${text(p, 'why')}`,
    en: (p: Params) => `“${text(p, 'what')}” is not right: ${text(p, 'why')}`,
  },
  disk_full: { zh: '服务器磁盘已满,数据暂时存不下。请通知管理员。', en: 'The server’s disk is full. Tell the administrator.' },
  bad_query: {
    zh: (p: Params) => `查询选项 ${text(p, 'what')} 不对:${text(p, 'why')}`,
    en: (p: Params) => `The query option ${text(p, 'what')} is not right: ${text(p, 'why')}`,
  },
  partial_write: { zh: '一部分行没有收下,已存入隔离区并注明原因;其余的已落盘。', en: 'Some rows were not taken; they are in quarantine with the reason. The others are on disk.' },
  internal: { zh: '服务器出错了,已记入日志。请稍后再试。', en: 'The server failed; it is in the log. Try again later.' },
})

/** The sentence for a problem's code. */
export function problemSentence(code: string, params: Params = {}): string {
  const word = (problemWords as Record<string, string | ((p: Params) => string)>)[code]
  if (typeof word === 'function') return word(params)
  if (word) return word
  return language.value === 'zh' ? `没有办成(${code})。请重试,或告诉管理员这个代码。` : `It did not work (${code}). Try again, or tell the administrator this code.`
}
