import assert from "node:assert/strict";
import { join } from "node:path";
import { closeLogging, configureLogging, logger } from "../../../core/cli/logging.ts";

Deno.test("messages go to the terminal and, with their time, to the file", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "run", "train_log.txt");
  const lines: string[] = [];
  try {
    for (let run = 0; run < 2; run++) {
      await configureLogging({ file, write: (line) => lines.push(line) });
      logger("trainer").info('iter: {iter} {"a":1} {{b}}');
      logger("trainer").warn("slow");
      logger("trainer").debug("not shown");
    }
    await closeLogging();
    logger("trainer").info("after the end");
    assert.deepEqual(lines.slice(0, 2), ['iter: {iter} {"a":1} {{b}}', "warning: slow"]);
    assert.equal(lines.length, 4);
    const written = (await Deno.readTextFile(file)).trimEnd().split("\n");
    assert.equal(written.length, 4, "a second run appends");
    assert.match(
      written[0] ?? "",
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} dynamic_rcnn\.trainer INFO: iter: \{iter\} \{"a":1\} \{\{b\}\}$/,
    );
  } finally {
    await closeLogging();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a line is in the file as soon as it is logged", async () => {
  const file = await Deno.makeTempFile();
  try {
    await configureLogging({ file, write: () => {}, debug: true });
    logger("x").debug("now");
    assert.match(Deno.readTextFileSync(file), /DEBUG: now\n$/);
  } finally {
    await closeLogging();
    await Deno.remove(file);
  }
});
