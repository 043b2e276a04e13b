// 服务线程 of the phone page: the page opens without network, and notifications come while it is
// closed. Promises: what the server answers is preferred whenever it answers; nothing that acts ever
// passes through here (the page's own outbox sends acts); signing out forgets who was signed in.
export {}
declare const self: ServiceWorkerGlobalScope
/** The built files of the phone page, put in by the build. */
declare const SHELL: string[]
/** Changes with any of them. */
declare const VERSION: string

const shell = `shell-${VERSION}`
const known = 'known'
/** Answers kept for the time without network. Everything else the page keeps by itself. */
const keptPaths = ['/api/v1/session', '/api/v1/map', '/api/v1/clock']
/** After this long without an answer, what is kept is shown, ms. */
const patience = 4_000

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(shell)
      .then((cache) => cache.addAll(SHELL))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((n) => n.startsWith('shell-') && n !== shell).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (url.origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request))
  else if (url.pathname === '/api/v1/session' && request.method !== 'GET') event.respondWith(session(request))
  else if (request.method === 'GET' && keptPaths.includes(url.pathname)) event.respondWith(fresh(request))
})

/** The page from the server, or the shell where it does not answer. */
async function page(request: Request): Promise<Response> {
  try {
    const answer = await inTime(fetch(request))
    if (answer.ok) return answer
  } catch {
    // Shown from the shell below.
  }
  return (await caches.match('/phone', { cacheName: shell })) ?? Response.error()
}

/** Built files carry their hash in the name and never change. */
async function asset(request: Request): Promise<Response> {
  const there = await caches.match(request)
  if (there) return there
  return fetch(request)
}

async function fresh(request: Request): Promise<Response> {
  const cache = await caches.open(known)
  try {
    const answer = await inTime(fetch(request))
    if (answer.ok) await cache.put(request.url, answer.clone())
    if (answer.status === 401) await caches.delete(known)
    return answer
  } catch (lost) {
    const before = await cache.match(request.url)
    if (before) return before
    throw lost
  }
}

/** Signing in or out: whoever was known is not any more. */
async function session(request: Request): Promise<Response> {
  await caches.delete(known)
  return fetch(request)
}

function inTime(answer: Promise<Response>): Promise<Response> {
  return Promise.race([answer, new Promise<Response>((_, late) => setTimeout(() => late(new Error('late')), patience))])
}

interface Said {
  title?: string
  body?: string
  order?: number
  alarm?: number
  message?: number
  url?: string
}

self.addEventListener('push', (event) => {
  const said = (event.data?.json() ?? {}) as Said
  const at = said.order ? `/phone/orders/${said.order}` : '/phone'
  event.waitUntil(
    self.registration.showNotification(said.title ?? '至臻水管家', {
      body: said.body ?? '',
      icon: '/icon-192.png',
      badge: '/icon-badge.png',
      tag: said.order ? `order-${said.order}` : `message-${said.message ?? 0}`,
      requireInteraction: true,
      data: { url: said.url ?? (said.message ? `${at}?message=${said.message}` : at) },
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { url } = event.notification.data as { url: string }
  event.waitUntil(open(url))
})

async function open(url: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const phone = windows.find((w) => new URL(w.url).pathname.startsWith('/phone'))
  if (!phone) {
    await self.clients.openWindow(url)
    return
  }
  await phone.focus()
  phone.postMessage({ open: url })
}
