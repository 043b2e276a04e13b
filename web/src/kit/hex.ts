// Bytes of hexadecimal text, and which field each belongs to.
import type { FieldMark } from '@/data/types'

export function bytesOf(hex: string): string[] {
  return hex.replace(/\s+/g, '').toUpperCase().match(/../g) ?? []
}

export interface MarkedByte {
  at: number
  text: string
  /** Index of the innermost field that holds it. */
  field: number | null
  first: boolean
  last: boolean
}

/** Where fields lie in one another, the shorter one names the byte. */
export function markedBytes(bytes: readonly string[], fields: readonly FieldMark[]): MarkedByte[] {
  const owner: (number | null)[] = bytes.map(() => null)
  const byLength = fields.map((f, i) => ({ ...f, i })).sort((a, b) => b.end - b.start - (a.end - a.start))
  for (const f of byLength) for (let at = f.start; at < f.end && at < owner.length; at += 1) owner[at] = f.i
  return bytes.map((text, at) => {
    const field = owner[at] ?? null
    return { at, text, field, first: field !== null && owner[at - 1] !== field, last: field !== null && owner[at + 1] !== field }
  })
}

/** Bytes as text where all of them are printable ASCII or ends of lines; null where one is not. */
export function textOf(bytes: readonly string[]): string | null {
  const codes = bytes.map((b) => Number.parseInt(b, 16))
  const printable = (c: number) => (c >= 0x20 && c < 0x7f) || c === 0x0d || c === 0x0a
  return codes.length && codes.every(printable) ? String.fromCharCode(...codes).trim() : null
}
