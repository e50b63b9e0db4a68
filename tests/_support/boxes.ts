/** Random boxes for tests. */
import { random } from "./random.ts";

/**
 * `count` boxes x1, y1, x2, y2 with inclusive corners inside `width` × `height`; on whole and half pixels
 * where `snapped`, so that equal overlaps occur.
 */
export function randomBoxes(
  count: number,
  options: { seed?: number; width?: number; height?: number; snapped?: boolean } = {},
): Float32Array<ArrayBuffer> {
  const { seed = 1, width = 60, height = 40, snapped = false } = options;
  const next = random(seed);
  const boxes = new Float32Array(count * 4);
  const pick = (extent: number) => {
    const value = next.uniform() * (extent - 1);
    return snapped ? Math.round(value * 2) / 2 : value;
  };
  for (let i = 0; i < boxes.length; i += 4) {
    const [xa, xb, ya, yb] = [pick(width), pick(width), pick(height), pick(height)];
    boxes.set([Math.min(xa, xb), Math.min(ya, yb), Math.max(xa, xb), Math.max(ya, yb)], i);
  }
  return boxes;
}
