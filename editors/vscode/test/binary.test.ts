import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, test } from "node:test";
import { find, isOlder, parseVersion } from "../src/binary.ts";

const root = mkdtempSync(join(tmpdir(), "rnn-lsp-test-"));
// A program of the developer's own in ~/.cargo/bin must not be found.
process.env.HOME = join(root, "home");
after(() => {
  rmSync(root, { recursive: true });
});

/** A program that says a line when it is asked for anything. */
function program(name: string, says: string, code = 0): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${says}"\necho trouble >&2\nexit ${code}\n`);
  chmodSync(path, 0o755);
  return path;
}

const good = program("good/rnn-lsp", "rnn-lsp 0.3.1");
const old = program("old/rnn-lsp", "rnn-lsp 0.0.9");
const other = program("other/rnn-lsp", "a shell script of somebody else's");
const broken = program("broken/rnn-lsp", "", 3);
program("extension/bin/rnn-lsp", "rnn-lsp 0.1.0");

function places({ setting = "", path = [] as string[], extension = "none" }) {
  return { setting, path: path.map((folder) => join(root, folder)).join(delimiter), extension: join(root, extension) };
}

test("the setting is first, then PATH, then the extension's own", async () => {
  const all = { path: ["good"], extension: "extension" };
  const set = await find(places({ ...all, setting: good }));
  assert.deepEqual(set, { program: good, version: [0, 3, 1], source: "setting" });
  const onPath = await find(places(all));
  assert.deepEqual(onPath, { program: good, version: [0, 3, 1], source: "path" });
  const bundled = await find(places({ path: ["nothing"], extension: "extension" }));
  assert.deepEqual(bundled, { program: join(root, "extension/bin/rnn-lsp"), version: [0, 1, 0], source: "bundled" });
});

test("what is of no use on PATH gives way", async () => {
  const found = await find(places({ path: ["old", "other", "broken", "good"], extension: "extension" }));
  assert.equal("program" in found && found.program, good);
  const bundled = await find(places({ path: ["old"], extension: "extension" }));
  assert.equal("source" in bundled && bundled.source, "bundled");
});

test("what is wrong is said", async () => {
  async function check(where: Parameters<typeof places>[0], kind: string, says: RegExp) {
    const found = await find(places(where));
    assert.ok("kind" in found, JSON.stringify(found));
    assert.equal(found.kind, kind);
    assert.match(found.message, says);
  }
  await check({}, "missing", /not on PATH/u);
  await check({ path: ["old"] }, "old", /is rnn-lsp 0\.0\.9; this extension needs 0\.1\.0/u);
  // A choice is not passed over.
  await check({ setting: join(root, "nothing"), path: ["good"] }, "missing", /no program .*nothing/u);
  await check({ setting: "rnn-lsp", path: ["good"] }, "missing", /expected a whole path/u);
  await check({ setting: old, path: ["good"] }, "old", /0\.0\.9/u);
  await check({ setting: other }, "unusable", /is not rnn-lsp: .*somebody else/u);
  await check({ setting: broken }, "unusable", /does not run: trouble/u);
});

test("versions", () => {
  assert.deepEqual(parseVersion("rnn-lsp 1.20.3\n"), [1, 20, 3]);
  assert.deepEqual(parseVersion("rnn-lsp 1.20.3-dev"), [1, 20, 3]);
  assert.equal(parseVersion("ripgrep 14.1.0"), undefined);
  assert.equal(isOlder([0, 9, 9], [0, 10, 0]), true);
  assert.equal(isOlder([0, 10, 0], [0, 10, 0]), false);
  assert.equal(isOlder([1, 0, 0], [0, 10, 0]), false);
});
