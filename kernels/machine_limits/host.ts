/** What fma_chain.wgsl and copy.wgsl compute, over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Steps of a chain in one turn of the loop, and chains of one invocation. */
export const STEPS = 16;
export const CHAINS = 12;

/** Parameters of {@link fmaChain}. */
export interface ChainParams {
  readonly size: number;
  readonly turns: number;
  readonly scale: number;
  readonly shift: number;
}

/** out[i] = Σ over 12 chains from (0 … 11) + i mod 8, each `turns · 16` times v · scale + shift. */
export function fmaChain({ out }: { out: FloatArray }, p: ChainParams): void {
  for (let i = 0; i < p.size; i++) {
    let sum = 0;
    for (let chain = 0; chain < CHAINS; chain++) {
      let value = chain + i % 8;
      for (let step = 0; step < p.turns * STEPS; step++) value = value * p.scale + p.shift;
      sum += value;
    }
    out[i] = sum;
  }
}

/** out = x. */
export function copy({ x, out }: { x: FloatArray; out: FloatArray }): void {
  out.set(x);
}
