// The tiny task that every pool does: for workerpool and piscina in threads, which load this file.
export default function double(n) {
  return 2 * n;
}
