import assert from "node:assert/strict";
import theme from "../../reports/page/theme.css" with { type: "text" };

/** Relative luminance as WCAG 2 defines it, 0…1, of `#rrggbb`. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** The light and the dark value of a colour. */
function colors(name: string): [string, string] {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(theme);
  assert.ok(found?.[1] && found[2], name);
  return [found[1], found[2]];
}

Deno.test("the groups' colours hold 3:1 and texts 4.5:1 on the page and on figures, light and dark", () => {
  const groups = Array.from({ length: 8 }, (_, i) => [`c${i}`, 3] as const);
  for (const [name, least] of [...groups, ["ink", 4.5], ["soft", 4.5], ["accent", 4.5]] as const) {
    for (const ground of ["ground", "card"]) {
      colors(name).forEach((color, mode) => {
        const ratio = contrast(color, colors(ground)[mode] ?? "");
        assert.ok(ratio >= least, `${name} on ${ground}, ${mode ? "dark" : "light"}: ${ratio}`);
      });
    }
  }
});
