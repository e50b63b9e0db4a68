import assert from "node:assert/strict";
import { escapeHtml, inlineScript, scriptJson } from "../../reports/escape.ts";

Deno.test("escapeHtml() leaves nothing that HTML reads", () => {
  assert.equal(escapeHtml(`<a b="c">&'`), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
});

Deno.test("scriptJson() has no <, and reads back", () => {
  const value = { "</script>": "<!-- <script>" };
  assert.equal(scriptJson(value).includes("<"), false);
  assert.deepEqual(JSON.parse(scriptJson(value)), value);
});

Deno.test("inlineScript() cannot end its element, and means the same", () => {
  const source = 'const s = "</script></SCRIPT><!--";';
  const inlined = inlineScript(source);
  assert.equal(/<\/script|<!--/i.test(inlined), false);
  const read: unknown = new Function(`${inlined} return s;`)();
  assert.equal(read, "</script></SCRIPT><!--");
});
