// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { router } from './router'

const titleAt = (path: string) => router.resolve(path).meta.page?.title.en

test('stations of every protocol have a page and an editor', () => {
  for (const code of ['3307820001', '3307820000WS0001', 'ZZ-FB-01', 'DMA-GW-01', '33078200000001', 'a_b.c', 'x']) {
    expect([code, titleAt(`/stations/${code}`)]).toEqual([code, 'Station'])
    expect([code, titleAt(`/stations/${code}/edit`)]).toEqual([code, 'Edit a station'])
  }
})

test('what is no station keeps its own page', () => {
  expect(titleAt('/stations/import')).not.toBe('Station')
  expect(titleAt('/stations/new/edit')).toBe('Edit a station')
  expect(titleAt('/stations')).not.toBe('Station')
})
