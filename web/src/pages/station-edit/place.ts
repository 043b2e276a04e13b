// Which block a point lies in, by the ray rule (even–odd).
import type { BlockBrief, Position, Ring } from '@/data/types'

export function inside(ring: Ring, p: Position): boolean {
  let within = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const a = ring[i]
    const b = ring[j]
    if (!a || !b) continue
    if (a[1] > p.lat !== b[1] > p.lat && p.lon < ((b[0] - a[0]) * (p.lat - a[1])) / (b[1] - a[1]) + a[0]) within = !within
  }
  return within
}

export function blockAt<B extends BlockBrief & { ring: Ring }>(blocks: readonly B[], p: Position): B | null {
  return blocks.find((b) => inside(b.ring, p)) ?? null
}
