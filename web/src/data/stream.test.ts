import { describe, expect, it } from 'vitest'
import { next, offline, type Connection, type Happening } from './stream'

const after = (...happenings: Happening[]): Connection => happenings.reduce((was, h, i) => next(was, h, i * 1000), offline)

describe('the live stream', () => {
  it('is live only once something has come', () => {
    expect(after('open').phase).toBe('connecting')
    expect(after('open', 'opened')).toMatchObject({ phase: 'live', since: null, losses: 0, stale: false })
  })
  it('resumes after a blink without loading again', () => {
    expect(after('open', 'opened', 'lost')).toMatchObject({ phase: 'broken', since: 2000, losses: 1, stale: false })
    expect(after('open', 'opened', 'lost', 'opened')).toMatchObject({ phase: 'live', since: null, stale: false })
  })
  it('remembers since when it is broken while it tries again', () => {
    expect(after('open', 'opened', 'lost', 'lost', 'open', 'lost')).toMatchObject({ phase: 'broken', since: 2000, losses: 1 })
  })
  it('loads again when it had to be opened anew or the gap was too long', () => {
    expect(after('open', 'opened', 'shut', 'open', 'opened').stale).toBe(true)
    expect(after('open', 'opened', 'reload').stale).toBe(true)
    expect(after('open', 'opened', 'reload', 'loaded').stale).toBe(false)
  })
  it('forgets everything when it is closed', () => {
    expect(after('open', 'opened', 'shut', 'stop')).toEqual(offline)
  })
})
