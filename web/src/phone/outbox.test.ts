import { describe, expect, it } from 'vitest'
import { reactive } from 'vue'
import { Problem } from '@/data/http'
import { foreseen, makeOutbox, type Act, type Carrier, type Shelf } from './outbox'

function memory(): Shelf & { acts: Map<number, Act>; photos: Map<string, Blob> } {
  const acts = new Map<number, Act>()
  const photos = new Map<string, Blob>()
  let n = 0
  return {
    acts,
    photos,
    all: async () => [...acts.values()],
    add: async (act) => {
      n += 1
      acts.set(n, { ...act, n })
      return { ...act, n }
    },
    put: async (act) => void acts.set(act.n, act),
    drop: async (k) => void acts.delete(k),
    photo: async (id) => photos.get(id),
    putPhoto: async (id, photo) => void photos.set(id, photo),
    dropPhoto: async (id) => void photos.delete(id),
  }
}

const pressed = (act: Act['act'], id = 7) => ({
  kind: 'order' as const,
  id,
  label: '0630-014',
  act,
  body: {},
  photos: [] as string[],
  pressed_at: '2021-06-30T21:47:00+08:00',
})

function server(answers: (act: Act) => Problem | null) {
  const got: Act[] = []
  const carrier: Carrier = {
    photo: async () => 'k1.jpg',
    act: async (act) => {
      const problem = answers(act)
      if (problem) throw problem
      got.push(act)
      return {}
    },
  }
  return { got, carrier }
}

describe('the outbox of a phone', () => {
  it('keeps what is pressed without network and sends it in order, with the same keys', async () => {
    const shelf = memory()
    let up = false
    const keys: string[] = []
    const { got, carrier } = server((act) => {
      keys.push(act.key)
      return up ? null : new Problem('unreachable', {}, 0)
    })
    const box = makeOutbox(shelf, carrier, () => 1, () => undefined)
    await box.press(pressed('accept'))
    await box.press(pressed('depart'))
    await box.send()
    expect(got).toHaveLength(0)
    expect(shelf.acts.size).toBe(2)
    expect(box.cut.value).toBe(true)
    up = true
    await box.send()
    expect(got.map((a) => a.act)).toEqual(['accept', 'depart'])
    expect(got[0]?.key).toBe(keys[0])
    expect(shelf.acts.size).toBe(0)
    expect(box.waiting.value).toHaveLength(0)
  })

  it('survives a closed browser: another outbox on the same shelf sends what the first could not', async () => {
    const shelf = memory()
    const dead = makeOutbox(shelf, server(() => new Problem('unreachable', {}, 0)).carrier, () => 1, () => undefined)
    const act = await dead.press(pressed('arrive'))
    await dead.send()
    const { got, carrier } = server(() => null)
    const box = makeOutbox(shelf, carrier, () => 1, () => undefined)
    await box.load()
    await box.send()
    expect(got.map((a) => a.key)).toEqual([act.key])
  })

  it('shows a refusal, and does not send what was built on it', async () => {
    const shelf = memory()
    const { got, carrier } = server((act) => (act.id === 7 ? new Problem('closed', {}, 409) : null))
    const box = makeOutbox(shelf, carrier, () => 1, () => undefined)
    const all = [box.press(pressed('depart')), box.press(pressed('arrive')), box.press(pressed('accept', 8))]
    await Promise.all(all)
    await box.send()
    await box.send()
    expect(got.map((a) => a.id)).toEqual([8])
    expect(box.refused.value.map((a) => [a.id, a.act, a.refused?.code])).toEqual([
      [7, 'depart', 'closed'],
      [7, 'arrive', 'closed'],
    ])
    for (const act of box.refused.value) await box.dismiss(act.n)
    expect(shelf.acts.size).toBe(0)
  })

  it('never sends what another person pressed on this phone', async () => {
    const shelf = memory()
    const dead = makeOutbox(shelf, server(() => new Problem('unreachable', {}, 0)).carrier, () => 1, () => undefined)
    await dead.press(pressed('accept'))
    await dead.send()
    const { got, carrier } = server(() => null)
    const other = makeOutbox(shelf, carrier, () => 2, () => undefined)
    await other.load()
    await other.send()
    expect(got).toHaveLength(0)
    expect(shelf.acts.size).toBe(1)
  })

  it('uploads photos first and puts their keys into the act', async () => {
    const shelf = memory()
    await shelf.putPhoto('p1', new Blob(['x'], { type: 'image/jpeg' }))
    const { got, carrier } = server(() => null)
    const box = makeOutbox(shelf, carrier, () => 1, () => undefined)
    await box.press({ ...pressed('handle'), body: { text: 'ok' }, photos: ['p1'] })
    await box.send()
    expect(got[0]?.body).toEqual({ text: 'ok', photos: ['k1.jpg'] })
    expect(shelf.photos.size).toBe(0)
  })

  it('puts a plain copy on the disk, whatever the page hands over', async () => {
    const shelf = memory()
    const add = shelf.add
    shelf.add = (act) => {
      structuredClone(act)
      return add(act)
    }
    const { got, carrier } = server(() => null)
    const box = makeOutbox(shelf, carrier, () => 1, () => undefined)
    await box.press(reactive({ ...pressed('handle'), body: { text: 'ok', photos: [] } }))
    await box.send()
    expect(got.map((a) => a.body)).toEqual([{ text: 'ok', photos: [] }])
  })

  it('foresees where the order will be', () => {
    const act = { ...pressed('accept'), n: 1, key: 'k', person: 1, refused: null }
    expect(foreseen({ id: 7, state: 'sent' }, [act]).state).toBe('accepted')
    expect(foreseen({ id: 8, state: 'sent' }, [act]).state).toBe('sent')
  })
})
