/** How a gather convolution walks along one axis (see gather/common.wgsl). */
import type { Geometry } from "./geometry.ts";

/**
 * Grid index u writes destination index `start + u · step`; its tap t reads source index
 * `u · mul + offset + t · tapStep` with kernel index `kStart + t · kStep`, t < kCount.
 */
export interface Axis {
  readonly count: number;
  readonly start: number;
  readonly step: number;
  readonly mul: number;
  readonly offset: number;
  readonly tapStep: number;
  readonly kStart: number;
  readonly kStep: number;
  readonly kCount: number;
}

/** The axis of the forward pass. */
export function forwardAxis(g: Geometry, along: "h" | "w"): Axis {
  return {
    count: along === "h" ? g.ho : g.wo,
    start: 0,
    step: 1,
    mul: g.stride,
    offset: -g.padding,
    tapStep: g.dilation,
    kStart: 0,
    kStep: 1,
    kCount: along === "h" ? g.kh : g.kw,
  };
}

/**
 * The phases of the gradient of the input: input indices of equal remainder by the stride are reached by the same
 * taps, those k with (index + padding − k · dilation) divisible by the stride; output index = that, divided.
 */
export function inputAxes(g: Geometry, along: "h" | "w"): Axis[] {
  const extent = along === "h" ? g.h : g.w, kernel = along === "h" ? g.kh : g.kw;
  const axes: Axis[] = [];
  for (let phase = 0; phase < Math.min(g.stride, extent); phase++) {
    const taps: number[] = [];
    for (let k = 0; k < kernel; k++) {
      if ((phase + g.padding - k * g.dilation) % g.stride === 0) taps.push(k);
    }
    const kStart = taps[0] ?? 0;
    const kStep = taps.length > 1 ? taps[1]! - kStart : 1;
    axes.push({
      count: Math.ceil((extent - phase) / g.stride),
      start: phase,
      step: g.stride,
      mul: 1,
      offset: taps.length ? (phase + g.padding - kStart * g.dilation) / g.stride : 0,
      tapStep: taps.length > 1 ? -(kStep * g.dilation) / g.stride : 0,
      kStart,
      kStep,
      kCount: taps.length,
    });
  }
  return axes;
}
