import assert from "node:assert/strict";
import * as fc from "fast-check";
import { findJsonFault } from "../../core/runtime/json_offset.ts";

function faultOf(text: string): number | null {
  return findJsonFault(new TextEncoder().encode(text))?.offset ?? null;
}

Deno.test("findJsonFault() finds the byte at which a text stops being JSON", () => {
  const cases: [string, number | null][] = [
    ['{"a": [1, 2.5e3, -0, true, null, "x\\n"], "b": {}, "c": []}', null],
    ["\uFEFF[]", null],
    ['{"a":1,,}', 7],
    ['{"a":1,}', 7],
    ["[1 2]", 3],
    ["[1}", 2],
    ['{"é":x}', 6],
    ['{"a" 1}', 5],
    ["[01]", 1],
    ["[NaN]", 1],
    ["[1] 2", 4],
    ['["a', 3],
    ['["\\x"]', 1],
    ['["a\nb"]', 3],
    ['{"a":', 5],
    ["", 0],
  ];
  for (const [text, offset] of cases) assert.equal(faultOf(text), offset, JSON.stringify(text));
});

Deno.test("findJsonFault() agrees with JSON.parse on whole, cut and altered texts", () => {
  const parses = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(fc.property(fc.json(), fc.nat(), fc.constantFrom(...'{}[],:"0-x'), (text, at, mark) => {
    const cut = at % (text.length + 1);
    for (const variant of [text, text.slice(0, cut), text.slice(0, cut) + mark + text.slice(cut)]) {
      assert.equal(faultOf(variant) === null, parses(variant), variant);
    }
  }));
});
