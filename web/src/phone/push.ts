// 推送: notifications while the page is closed. Asked for once, after the first accepted order, with
// the reason beside the question; a refusal is respected for good.
import { ref } from 'vue'
import { ask } from '@/data/http'

export type PushState = 'unable' | 'ask' | 'on' | 'refused' | 'later'
const asked = 'zhizhen.push-asked'

export const pushState = ref<PushState>('unable')

/** Installs the service worker (shell without network, notifications); quietly absent on http. */
export async function installWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register('/sw.js', { scope: '/phone' }).catch(() => undefined)
  void keepKnown()
  await refreshPush()
}

/** As in the service worker: answers for the time without network. */
const known = 'known'

/**
 * Puts who is signed in, and the map, where the service worker finds them: the first page after signing
 * in was loaded without it, and may be the last one with network.
 */
async function keepKnown(): Promise<void> {
  if (!('caches' in globalThis)) return
  const cache = await caches.open(known)
  await cache.addAll(['/api/v1/session', '/api/v1/map', '/api/v1/clock']).catch(() => undefined)
}

/** What the button should offer. */
export async function refreshPush(): Promise<void> {
  if (!('serviceWorker' in navigator) || !('PushManager' in globalThis) || !('Notification' in globalThis)) {
    pushState.value = 'unable'
    return
  }
  if (Notification.permission === 'denied') pushState.value = 'refused'
  else if (Notification.permission === 'granted' && (await subscription())) pushState.value = 'on'
  else pushState.value = localStorage.getItem(asked) ? 'later' : 'ask'
}

async function subscription(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration('/phone')
  return (await worker?.pushManager.getSubscription()) ?? null
}

/** Asks the person and tells the server; true when notifications will come. */
export async function allowPush(): Promise<boolean> {
  localStorage.setItem(asked, '1')
  try {
    if ((await Notification.requestPermission()) !== 'granted') return false
    const worker = await navigator.serviceWorker.getRegistration('/phone')
    if (!worker) return false
    const { key } = await ask<{ key: string }>('/push/key')
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
    const { endpoint, keys } = made.toJSON()
    await ask('/push/subscriptions', { method: 'POST', body: { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth } } })
    return true
  } catch {
    return false
  } finally {
    await refreshPush()
  }
}

/** Not now: the question is not put again by itself. */
export function pushLater(): void {
  localStorage.setItem(asked, '1')
  pushState.value = 'later'
}

/** Ends notifications on this phone, when its person signs out. */
export async function endPush(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const made = await subscription().catch(() => null)
  if (!made) return
  await ask('/push/subscriptions', { method: 'DELETE', body: { endpoint: made.endpoint } }).catch(() => undefined)
  await made.unsubscribe().catch(() => undefined)
}

/** The bytes of base64url text, as the push service wants its key. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, (c) => c.charCodeAt(0))
}
