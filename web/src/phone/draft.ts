// 草稿: what was typed and photographed for an order before it is handled; survives a closed browser.
import { newKey } from '@/data/http'
import { forget, keep, kept, phoneShelf } from './keep'
import { downscaled } from './photo'

export interface Draft {
  text: string
  photos: string[]
}

/** As many as the server takes for one handling. */
export const mostPhotos = 9
export const mostText = 2000

const name = (order: number) => `draft:${order}`

export async function draftOf(order: number): Promise<Draft> {
  return (await kept<Draft>(name(order))) ?? { text: '', photos: [] }
}

export const keepDraft = (order: number, draft: Draft): Promise<void> => keep(name(order), draft)
export const dropDraft = (order: number): Promise<void> => forget(name(order))

/** Puts a photo on the phone and into the draft. */
export async function addPhoto(draft: Draft, file: Blob): Promise<Draft> {
  const photo = await downscaled(file)
  const id = newKey()
  await phoneShelf.putPhoto(id, photo)
  return { ...draft, photos: [...draft.photos, id] }
}

export async function removePhoto(draft: Draft, id: string): Promise<Draft> {
  await phoneShelf.dropPhoto(id)
  return { ...draft, photos: draft.photos.filter((p) => p !== id) }
}

/** An address to show a kept photo; to be revoked by the caller. */
export async function photoAddress(id: string): Promise<string | null> {
  const photo = await phoneShelf.photo(id)
  return photo ? URL.createObjectURL(photo) : null
}
