import { describe, expect, it } from 'vitest'
import type { OrderView } from '@/data/types'
import { clockSpan, timingOf } from './timing'

const order = (state: string) =>
  ({ state, sent_at: '2021-06-30T21:00:00+08:00', accepted_at: '2021-06-30T21:02:00+08:00', changed_at: '2021-06-30T21:02:30+08:00' }) as OrderView
const at = (text: string) => Date.parse(`2021-06-30T${text}+08:00`)

describe('the clock of an order', () => {
  it('turns amber after two of three minutes and red after three', () => {
    expect(timingOf(order('sent'), at('21:01:30')).tone).toBe('calm')
    expect(timingOf(order('sent'), at('21:02:30')).tone).toBe('soon')
    expect(timingOf(order('sent'), at('21:03:30')).tone).toBe('late')
  })

  it('runs from accepting until the spot is reached', () => {
    expect(timingOf(order('departed'), at('21:13:00')).tone).toBe('late')
    expect(timingOf(order('departed'), at('21:05:00')).ms).toBe(180_000)
  })

  it('reads like a stop watch', () => {
    expect(clockSpan(245_000)).toBe('4:05')
    expect(clockSpan(3_845_000)).toBe('1:04:05')
  })
})
