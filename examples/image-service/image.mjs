// Images of this example: 32 bits a pixel (blue, green, red, nothing), rows from the top. As a file: BMP, which is these bytes
// behind a header.
export const bytesPerPixel = 4;
export const largestSide = 1024;

const headerBytes = 54;

/** Draws into `pixels`, where they are: rings around a centre that `seed` moves. */
export function draw(pixels, { width, height, seed }) {
  const [x0, y0] = [(seed * 37) % width, (seed * 61) % height];
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const ring = ((x - x0) ** 2 + (y - y0) ** 2) >> 5;
      words[at] = ((ring & 0xff) << 16) | ((x & 0xff) << 8) | (y & 0xff);
    }
  }
}

/** What stands in front of the pixels in a BMP file. */
export function bmpHeader({ width, height }) {
  const bytes = width * height * bytesPerPixel;
  const header = Buffer.alloc(headerBytes);
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(headerBytes + bytes, 2);
  header.writeUInt32LE(headerBytes, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(-height, 22); // negative: from the top
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(8 * bytesPerPixel, 28);
  header.writeUInt32LE(bytes, 34);
  return header;
}
