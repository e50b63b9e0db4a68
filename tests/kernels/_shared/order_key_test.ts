import assert from "node:assert/strict";
import * as fc from "fast-check";
import { NAN_KEY, numberOfKey, orderKey } from "../../../kernels/_shared/order_key.ts";

function keyOf(value: number, ascending = false): number {
  return orderKey(new Uint32Array(Float32Array.of(value).buffer)[0]!, ascending);
}

const number = fc.float({ noNaN: true });

Deno.test("orderKey() orders as numbers do, either way", () => {
  fc.assert(fc.property(number, number, (a, b) => {
    assert.equal(Math.sign(keyOf(a) - keyOf(b)), Math.sign(a === b ? 0 : a - b));
    assert.equal(Math.sign(keyOf(a, true) - keyOf(b, true)), Math.sign(a === b ? 0 : b - a));
  }));
});

Deno.test("orderKey() puts NaN below all numbers and above no candidate, whatever its bits", () => {
  for (const bits of [0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff]) {
    for (const ascending of [false, true]) {
      assert.equal(orderKey(bits, ascending), NAN_KEY);
      assert.ok(keyOf(-Infinity, ascending) > NAN_KEY && keyOf(Infinity, ascending) > NAN_KEY);
    }
  }
});

Deno.test("numberOfKey() is the inverse of orderKey(), −0 coming back as 0", () => {
  fc.assert(fc.property(number, fc.boolean(), (value, ascending) => {
    assert.equal(numberOfKey(keyOf(value, ascending), ascending), value + 0);
  }));
  assert.ok(Number.isNaN(numberOfKey(NAN_KEY, false)) && Number.isNaN(numberOfKey(NAN_KEY, true)));
});
