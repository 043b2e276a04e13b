import { expect, test } from 'vitest'
import { bytesText } from './bytes'

test('bytes have three figures and their unit', () => {
  expect([0, 999, 1_536, 24_536_678, 999_999_999_999].map(bytesText)).toEqual(['0 B', '999 B', '1.50 KiB', '23.4 MiB', '931 GiB'])
})
