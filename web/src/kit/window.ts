// Which lines of a long list are on the screen: only they are drawn, so that ten thousand alarms
// cost as much as ten. One line may be opened and then is higher by its card.

export interface Slice {
  first: number
  /** One past the last. */
  end: number
  /** Height of what stands before, px. */
  before: number
  /** Height of what stands after, px. */
  after: number
}

/** Lines drawn beyond both edges, so that scrolling shows no holes. */
const spare = 6

/** `open` is the opened line's index (−1 for none) and `extra` the height of its card. */
export function sliceOf(count: number, row: number, top: number, height: number, open = -1, extra = 0): Slice {
  const card = open >= 0 && open < count ? extra : 0
  const yOf = (i: number) => i * row + (card && i > open ? card : 0)
  const indexAt = (y: number) => {
    if (!card || y < (open + 1) * row) return Math.floor(y / row)
    return Math.max(open, Math.floor((y - card) / row))
  }
  const first = Math.max(0, Math.min(count, indexAt(top) - spare))
  const end = Math.max(first, Math.min(count, indexAt(top + height) + 1 + spare))
  return { first, end, before: yOf(first), after: yOf(count) - yOf(end) }
}
