// What a column of a table is.
export interface Column<R> {
  key: string
  title: string
  /** Right-aligned, tabular. */
  numeric?: boolean
  /** CSS width such as `120px`; the rest share what is left. */
  width?: string
  /** What to sort by; without it the column cannot be sorted. */
  sort?: (row: R) => number | string | null
  /** The cell's text, where there is no slot `cell-<key>`. */
  text?: (row: R) => string
}

/** Rows by a column; missing values always last. */
export function sortRows<R>(rows: readonly R[], by: Column<R>['sort'], down: boolean): R[] {
  if (!by) return [...rows]
  const sign = down ? -1 : 1
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)]
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    if (typeof x === 'string' || typeof y === 'string') return sign * String(x).localeCompare(String(y), 'zh-CN')
    return sign * (x - y)
  })
}
