import { describe, expect, it } from 'vitest'
import { bytesOf, markedBytes, textOf } from './hex'

describe('a raw frame', () => {
  it('is cut into bytes', () => {
    expect(bytesOf('7e7E 01')).toEqual(['7E', '7E', '01'])
  })

  it('marks each byte with the innermost field, with its ends', () => {
    const marked = markedBytes(['7E', '7E', '01', '02'], [
      { start: 0, end: 4, name: 'body' },
      { start: 2, end: 3, name: 'centre' },
    ])
    expect(marked.map((b) => b.field)).toEqual([0, 0, 1, 0])
    expect(marked.map((b) => [b.first, b.last])).toEqual([[true, false], [false, true], [true, true], [true, true]])
  })

  it('is text where all of it is', () => {
    expect(textOf(['43', '4E', '3D', '32', '0D', '0A'])).toBe('CN=2')
    expect(textOf(['7E', '7E', '01'])).toBeNull()
    expect(textOf([])).toBeNull()
  })
})
