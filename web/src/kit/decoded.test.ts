import { expect, test } from 'vitest'
import { readingsOf } from './decoded'

test('readings of every protocol have one shape', () => {
  const sl651 = { readings: [{ id: '39', element: 'Z', value: 2.02, unit: 'm', quality: 'good', observed_at: '2019-06-21T09:12:00+08:00' }], problems: [] }
  expect(readingsOf(sl651).readings).toEqual([{ n: 0, id: '39', element: 'Z', value: '2.02', unit: 'm', quality: 'good', at: '2019-06-21T09:12:00+08:00' }])
  const hj212 = { readings: [{ id: 'w01018', field: 'Avg', value: null, unit: 'mg/L', quality: 'N', observed_at: null }], problems: ['late'] }
  expect(readingsOf(hj212)).toEqual({ readings: [{ n: 0, id: 'w01018-Avg', element: '', value: '—', unit: 'mg/L', quality: 'N', at: null }], problems: ['late'] })
})

test('anything else has none', () => {
  for (const odd of [null, 3, 'x', {}, { readings: 'no' }, { readings: [null, 4] }]) expect(readingsOf(odd)).toEqual({ readings: [], problems: [] })
})
