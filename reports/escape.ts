/**
 * Text that others wrote (class, file and run names) made safe for each place in the page.
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For HTML and SVG, as text or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

/** JSON for a `<script>` element: without `<`, nothing in it can end the element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

/** A script's source for a `<script>` element; `<\/script` means the same inside its strings. */
export function inlineScript(source: string): string {
  return source.replace(/<(?=\/script|!--)/gi, "<\\");
}
