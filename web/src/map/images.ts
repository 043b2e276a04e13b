// The map's signs, drawn on a canvas in the theme's colours: the four level marks, and one quiet
// shape for every kind of station. Named `mark:red:unacked:night`, `station:rain:ok:night`.
import { token } from '@/data/theme'
import { markPath, type MarkLook } from '@/kit/mark'
import type { Severity, StationKind } from '@/data/types'

/** Quiet shapes, in a box of 24; never one of the four alarm shapes. */
const stationPath: Record<StationKind, string> = {
  rain: 'M12 4c3.400 4.600 5.500 7.300 5.500 10.200a5.500 5.500 0 0 1-11 0C6.500 11.300 8.600 8.600 12 4Z',
  ponding: 'M2 6h4l4 11h4l4-11h4M8.300 11.500h7.400',
  manhole: 'M12 4.500a7.500 7.500 0 1 1 0 15 7.500 7.500 0 0 1 0-15ZM4.500 12h15M12 4.500v15',
  river: 'M3 8c3-2.500 6-2.500 9 0s6 2.500 9 0M3 15c3-2.500 6-2.500 9 0s6 2.500 9 0',
  pump: 'M12 3l8 4.500v9L12 21l-8-4.500v-9L12 3Zm0 5v8m-3.500-4.500L12 8l3.500 3.500',
  reservoir: 'M3 7h18l-4 11H7L3 7Zm3 5h12',
  plant: 'M3 20V10l5 3v-3l5 3V4h4v16H3Zm14 0h4v-6h-4',
  meter: 'M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14Zm0 7l3-3M2 12h3m14 0h3',
  supply: 'M4 20h16M7 20v-9h10v9M12 11V7M8 7h8M9 15h6',
}

export interface MapImage {
  data: ImageData
  ratio: number
}

/** Draws the sign of a name; undefined for a name of somebody else. */
export function drawImage(name: string): MapImage | undefined {
  const [family, what, state] = name.split(':')
  const ratio = 2
  const box = family === 'mark' ? 28 : 20
  const canvas = new OffscreenCanvas(box * ratio, box * ratio)
  const context = canvas.getContext('2d')
  if (!context) return undefined
  const scale = (box * ratio) / 28
  context.scale(scale, scale)
  context.translate(2, 2)
  context.lineJoin = 'round'
  context.lineCap = 'round'
  if (family === 'mark') drawMark(context, what as Severity, state as MarkLook)
  else if (family === 'station') drawStation(context, what as StationKind, state ?? 'ok')
  else return undefined
  return { data: context.getImageData(0, 0, box * ratio, box * ratio), ratio }
}

function drawMark(context: OffscreenCanvasRenderingContext2D, severity: Severity, look: MarkLook) {
  const path = new Path2D(markPath[severity])
  context.lineWidth = 5
  context.strokeStyle = token('--halo')
  context.stroke(path)
  context.fillStyle = look === 'returned' ? token('--halo') : token(`--${severity}`)
  context.fill(path)
  context.lineWidth = look === 'returned' ? 3 : 1
  context.strokeStyle = token(`--${severity}`)
  context.stroke(path)
}

function drawStation(context: OffscreenCanvasRenderingContext2D, kind: StationKind, state: string) {
  const path = new Path2D(stationPath[kind])
  context.lineWidth = 6
  context.strokeStyle = token('--halo')
  context.stroke(path)
  context.fillStyle = token('--node')
  if (kind === 'rain' || kind === 'manhole' || kind === 'pump') context.fill(path)
  context.lineWidth = 2.2
  context.strokeStyle = state === 'ok' ? token('--text') : token('--dim')
  if (state === 'maintenance') context.setLineDash([3, 3])
  context.stroke(path)
  if (state === 'silent') {
    context.setLineDash([])
    context.lineWidth = 2.6
    context.strokeStyle = token('--dim')
    context.stroke(new Path2D('M2 22 22 2'))
  }
}
