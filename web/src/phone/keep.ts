// 手机存储: what the phone keeps over a lost connection and a closed browser, in IndexedDB: acts not
// yet delivered, their photos, drafts, and the last orders seen. Everything is kept per person.
import type { Act, Shelf } from './outbox'

const stores = ['acts', 'photos', 'kept'] as const
type StoreName = (typeof stores)[number]

let opened: Promise<IDBDatabase> | undefined

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open('zhizhen-phone', 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('acts', { keyPath: 'n', autoIncrement: true })
      request.result.createObjectStore('photos')
      request.result.createObjectStore('kept')
    }
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error ?? new Error('indexedDB'))
  })
  return opened
}

/** One transaction; resolves when it is on the phone's disk. */
async function run<T>(name: StoreName, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open()
  return new Promise((done, failed) => {
    const transaction = database.transaction(name, mode, { durability: 'strict' })
    const request = act(transaction.objectStore(name))
    transaction.oncomplete = () => done(request.result)
    transaction.onerror = transaction.onabort = () => failed(transaction.error ?? new Error(name))
  })
}

/** The last known value under a name, such as `orders:12`. */
export async function kept<T>(name: string): Promise<T | undefined> {
  try {
    return (await run('kept', 'readonly', (s) => s.get(name))) as T | undefined
  } catch {
    return undefined
  }
}

/** Keeps a value; a phone without room only loses the view without network, never an act. */
export async function keep(name: string, value: unknown): Promise<void> {
  await run('kept', 'readwrite', (s) => s.put(JSON.parse(JSON.stringify(value)), name)).catch(() => undefined)
}

export async function forget(name: string): Promise<void> {
  await run('kept', 'readwrite', (s) => s.delete(name)).catch(() => undefined)
}

/** The shelf of acts and photos on this phone. */
export const phoneShelf: Shelf = {
  all: () => run('acts', 'readonly', (s) => s.getAll()) as Promise<Act[]>,
  async add(act) {
    const n = await run('acts', 'readwrite', (s) => s.add(act))
    return { ...act, n: Number(n) }
  },
  async put(act) {
    await run('acts', 'readwrite', (s) => s.put(act))
  },
  async drop(n) {
    await run('acts', 'readwrite', (s) => s.delete(n))
  },
  photo: (id) => run('photos', 'readonly', (s) => s.get(id)) as Promise<Blob | undefined>,
  async putPhoto(id, photo) {
    await run('photos', 'readwrite', (s) => s.put(photo, id))
  },
  async dropPhoto(id) {
    await run('photos', 'readwrite', (s) => s.delete(id))
  },
}
