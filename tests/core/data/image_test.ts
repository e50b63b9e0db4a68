import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { decodeImage, encodeGreyJpeg } from "../../../core/data/image.ts";
import { DataError } from "../../../core/runtime/errors.ts";
import { pattern, withFolder } from "./_support/temp_set.ts";

const SIZE = { width: 40, height: 24 };
const RAW = { raw: { ...SIZE, channels: 3 as const } };

function rgb(): ReturnType<typeof sharp> {
  return sharp(pattern(SIZE.width, SIZE.height), RAW);
}

async function assertBad(path: string, pattern: RegExp): Promise<void> {
  await assert.rejects(decodeImage(path, { expected: SIZE }), (error) => {
    assert.ok(error instanceof DataError && error.exitCode === 3, String(error));
    assert.ok(error.message.includes(path), error.message);
    assert.match(error.message, pattern);
    return true;
  });
}

Deno.test("decodeImage() gives a PNG's pixels exactly, as RGB rows", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a.png");
    await rgb().toFile(path);
    const image = await decodeImage(path, { expected: SIZE });
    assert.deepEqual({ width: image.width, height: image.height }, SIZE);
    assert.deepEqual(image.pixels, pattern(SIZE.width, SIZE.height));
  });
});

Deno.test("decodeImage() gives three 8-bit channels for grey, alpha, palette, CMYK, 16-bit", async () => {
  await withFolder(async (folder) => {
    const grey16 = Uint16Array.from({ length: 40 * 24 }, (_, i) => (i % 256) * 257);
    const files = {
      "grey.jpg": rgb().toColourspace("b-w").jpeg(),
      "alpha.png": rgb().ensureAlpha(0.5).png(),
      "palette.png": rgb().png({ palette: true }),
      "cmyk.jpg": rgb().toColourspace("cmyk").jpeg(),
      "progressive.jpg": rgb().jpeg({ progressive: true }),
      "deep.png": sharp(grey16, { raw: { ...SIZE, channels: 1 } }).toColourspace("grey16").png(),
    };
    for (const [name, image] of Object.entries(files)) {
      const path = join(folder, name);
      await image.toFile(path);
      const { pixels } = await decodeImage(path, { expected: SIZE });
      assert.equal(pixels.length, 40 * 24 * 3, name);
    }
    assert.equal((await sharp(join(folder, "deep.png")).metadata()).depth, "ushort");
    const deep = await decodeImage(join(folder, "deep.png"));
    assert.deepEqual(Array.from(deep.pixels.slice(300, 306)), [100, 100, 100, 101, 101, 101]);
    const cmyk = (await sharp(join(folder, "cmyk.jpg")).metadata()).space;
    assert.equal(cmyk, "cmyk");
  });
});

Deno.test("decodeImage() does not apply the EXIF orientation", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "turned.jpg");
    await rgb().withMetadata({ orientation: 6 }).jpeg().toFile(path);
    assert.equal((await sharp(path).metadata()).orientation, 6);
    const image = await decodeImage(path, { expected: SIZE });
    assert.deepEqual([image.width, image.height], [40, 24]);
  });
});

Deno.test("decodeImage() names a file that is missing, empty, HTML or of another size", async () => {
  await withFolder(async (folder) => {
    await assertBad(join(folder, "none.jpg"), /no such file/);
    await assertBad(folder, /Cannot read image/);
    const path = join(folder, "a.jpg");
    await Deno.writeFile(path, new Uint8Array(0));
    await assertBad(path, /is empty/);
    await Deno.writeTextFile(path, "<!DOCTYPE html><html>not found</html>");
    await assertBad(path, /unsupported image format/);
    await sharp(pattern(41, 24), { raw: { width: 41, height: 24, channels: 3 } }).toFile(path);
    await assertBad(path, /41×24 pixels, the annotations say 40×24/);
  });
});

Deno.test("decodeImage() rejects a JPEG cut short, and leaves the file alone", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "cut.jpg");
    const whole = await rgb().jpeg().toBuffer();
    for (const share of [0.1, 0.5, 0.95]) {
      const cut = new Uint8Array(whole.subarray(0, Math.floor(whole.length * share)));
      await Deno.writeFile(path, cut);
      await assertBad(path, /Cannot decode image/);
      assert.deepEqual(await Deno.readFile(path), cut);
    }
  });
});

Deno.test("decodeImage() rejects a JPEG whose coded pixels hold a marker by flipped bits", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "flipped.jpg");
    const bytes = new Uint8Array(await rgb().jpeg({ quality: 95 }).toBuffer());
    const at = Math.floor(bytes.length * 0.7);
    bytes.set([0xff, 0xd5], at);
    await Deno.writeFile(path, bytes);
    await assertBad(path, /Cannot decode image/);
  });
});

Deno.test("decodeImage() rejects a PNG with one flipped bit", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "flipped.png");
    const bytes = new Uint8Array(await rgb().png().toBuffer());
    const at = Math.floor(bytes.length * 0.5);
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    await Deno.writeFile(path, bytes);
    await assertBad(path, /Cannot decode image/);
  });
});

Deno.test("encodeGreyJpeg() writes one channel that decodes to nearly the same values", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "grey.jpg");
    const grey = Uint8Array.from({ length: 40 * 24 }, (_, i) => 60 + (i % 40) * 3);
    const bytes = await encodeGreyJpeg(grey, { ...SIZE, quality: 95 });
    assert.deepEqual(await encodeGreyJpeg(grey, { ...SIZE, quality: 95 }), bytes);
    await Deno.writeFile(path, bytes);
    assert.equal((await sharp(path).metadata()).channels, 1);
    const { pixels } = await decodeImage(path);
    const worst = Math.max(...grey.map((value, i) => Math.abs(value - (pixels[3 * i + 1] ?? 0))));
    assert.ok(worst <= 8, `worst difference ${worst}`);
  });
});
