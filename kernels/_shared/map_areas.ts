/** Areas of a map: where the levels of a pyramid lie on one canvas. */

/** A rectangle of a map, in its pixels. */
export interface MapArea {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Areas of a launch at most: with their tensors and the map they are within every adapter's bindings. */
export const MAX_AREAS = 4;

/**
 * The uniforms that map_areas.wgsl reads; areas that are not there have no pixels. `first`, where an area's rows
 * begin, in whatever the kernel counts.
 */
export function areaUniforms(
  areas: readonly (MapArea & { readonly first: number })[],
): Record<string, number> {
  const uniforms: Record<string, number> = {};
  for (let l = 0; l < MAX_AREAS; l++) {
    const { top = 0, left = 0, height = 0, width = 0, first = 0 } = areas[l] ?? {};
    Object.assign(uniforms, {
      [`top${l}`]: top,
      [`left${l}`]: left,
      [`height${l}`]: height,
      [`width${l}`]: width,
      [`first${l}`]: first,
    });
  }
  return uniforms;
}
