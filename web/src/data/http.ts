// Asking the server: typed answers, one kind of error, an idempotency key on every act.
import { problemSentence } from '@/words/problems'

/** A refusal or failure the server (or the network) answered with. */
export class Problem extends Error {
  constructor(
    /** Stable code, such as `already_acknowledged`; `unreachable` when there was no answer. */
    readonly code: string,
    readonly params: Record<string, unknown>,
    readonly status: number,
  ) {
    super(code)
  }

  /** What to tell people, in the present language. */
  get sentence(): string {
    return problemSentence(this.code, this.params)
  }
}

/** Any thrown thing as a Problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  return new Problem('internal', { detail: String(thrown) }, 0)
}

const base = '/api/v1'
let whenSignedOut: () => void = () => undefined

/** What to do when the session has ended: set once by the shell. */
export function onSignedOut(then: () => void): void {
  whenSignedOut = then
}

export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  query?: Record<string, string | number | boolean | null | undefined>
  /** Sent as JSON, unless it is a Blob. */
  body?: unknown
  /** Repeating an act with the same key does it once. Given by itself on POST. */
  key?: string
  /** The etag of what is being edited. */
  ifMatch?: string
  signal?: AbortSignal
}

/** One request; throws [`Problem`]. `path` begins after `/api/v1`. */
export async function ask<T>(path: string, how: Ask = {}): Promise<T> {
  const answer = await send(path, how)
  if (answer.status === 204) return undefined as T
  return (await answer.json()) as T
}

/** As [`ask`], with the answer's ETag. */
export async function askWithTag<T>(path: string, how: Ask = {}): Promise<{ value: T; etag: string | null }> {
  const answer = await send(path, how)
  return { value: (await answer.json()) as T, etag: answer.headers.get('etag') }
}

async function send(path: string, how: Ask): Promise<Response> {
  const method = how.method ?? 'GET'
  const headers: Record<string, string> = { accept: 'application/json' }
  let body: BodyInit | undefined
  if (how.body instanceof Blob) {
    body = how.body
    headers['content-type'] = how.body.type
  } else if (how.body !== undefined) {
    body = JSON.stringify(how.body)
    headers['content-type'] = 'application/json'
  }
  if (method === 'POST') headers['idempotency-key'] = how.key ?? newKey()
  if (how.ifMatch) headers['if-match'] = how.ifMatch
  let answer: Response
  try {
    answer = await fetch(base + path + queryOf(how.query), {
      method,
      headers,
      body,
      credentials: 'same-origin',
      signal: how.signal,
    })
  } catch (thrown) {
    if (how.signal?.aborted) throw thrown
    throw new Problem('unreachable', {}, 0)
  }
  if (answer.ok) return answer
  const problem = await problemOf(answer)
  if (problem.code === 'not_signed_in') whenSignedOut()
  throw problem
}

async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => null)) as { code?: string; params?: Record<string, unknown> } | null
  const byStatus: Record<number, string> = { 401: 'not_signed_in', 403: 'forbidden', 404: 'not_found', 413: 'too_large' }
  return new Problem(said?.code ?? byStatus[answer.status] ?? 'internal', said?.params ?? {}, answer.status)
}

/** `?a=1&b=2`, leaving out what is not given. */
export function queryOf(query: Ask['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text && `?${text}`
}

/** A key that names one act; `crypto.randomUUID` exists only on secure origins, phones in a LAN are not. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
