// @vitest-environment happy-dom
import { createApp, h, nextTick, shallowRef } from 'vue'
import { expect, it } from 'vitest'
import type { OrderCard, OrderView } from '@/data/types'
import ReturnSheet from './ReturnSheet.vue'

const person = (id: number) => ({ id, name: `人${id}`, name_en: `P${id}`, mobile: null })
const cardOf = (neighbour: number) => ({ neighbour: person(neighbour), supervisor: person(9) }) as unknown as OrderCard['card']

it('hands back to somebody who is shown, also when the card comes or changes while the sheet is open', async () => {
  const order = { id: 1, assignee: { id: 1 }, can: ['reassign'] } as unknown as OrderView
  const card = shallowRef<OrderCard['card'] | null>(null)
  const done: [number, string][] = []
  const box = document.body.appendChild(document.createElement('div'))
  const app = createApp(() => h(ReturnSheet, { order, card: card.value, phone: null, sending: false, onDone: (to: number, why: string) => done.push([to, why]) }))
  app.mount(box)
  const press = async () => {
    await nextTick()
    const radios = [...document.querySelectorAll<HTMLInputElement>('fieldset:last-of-type input[type=radio]')]
    radios[0]?.click()
    await nextTick()
    ;[...document.querySelectorAll<HTMLButtonElement>('button')].filter((b) => b.textContent?.includes('退单')).at(-1)?.click()
    await nextTick()
  }
  card.value = cardOf(2)
  await press()
  card.value = cardOf(3)
  await press()
  expect(done.map(([to]) => to)).toEqual([2, 3])
  expect(done[0]?.[1]).not.toBe('')
  app.unmount()
})
