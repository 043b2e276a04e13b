// 照片: from the camera, made small enough for a bad line: at most 1600 pixels a side, JPEG.
const longest = 1600
const quality = 0.82
/** What the server takes, bytes. */
const largest = 8 * 1024 * 1024

/** Width and height with the longer side at most `most`. */
export function fitted(width: number, height: number, most = longest): { width: number; height: number } {
  const scale = Math.min(1, most / Math.max(width, height, 1))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** The picture as a small JPEG; as it came, where the browser cannot draw it. */
export async function downscaled(file: Blob): Promise<Blob> {
  const drawn = await drawSmall(file).catch(() => null)
  const photo = drawn ?? file
  if (!/^image\/(jpeg|png|webp)$/.test(photo.type) || photo.size > largest) throw new Error('not a photo')
  return photo
}

async function drawSmall(file: Blob): Promise<Blob | null> {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' })
  const { width, height } = fitted(image.width, image.height)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.drawImage(image, 0, 0, width, height)
  image.close()
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', quality))
}
