// What every protocol's decoder says of a frame: `readings` and `problems`, in the same shape.

export interface DecodedReading {
  n: number
  id: string
  element: string
  value: string
  unit: string
  quality: string
  at: string | null
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value))

/** The readings and problems of a decoded frame; none where it has another shape. */
export function readingsOf(decoded: unknown): { readings: DecodedReading[]; problems: string[] } {
  const of = (key: string): unknown[] => {
    const list = typeof decoded === 'object' && decoded !== null ? (decoded as Record<string, unknown>)[key] : null
    return Array.isArray(list) ? list : []
  }
  const readings = of('readings').flatMap((one, n) => {
    if (typeof one !== 'object' || one === null) return []
    const r = one as Record<string, unknown>
    // A factor of HJ 212 is read with the field it was in: w01018-Avg.
    const id = [text(r.id), text(r.field)].filter(Boolean).join('-')
    const element = text(r.element) === id ? '' : text(r.element)
    return [{ n, id, element, value: text(r.value) || '—', unit: text(r.unit), quality: text(r.quality), at: text(r.observed_at) || null }]
  })
  return { readings, problems: of('problems').map(text) }
}
