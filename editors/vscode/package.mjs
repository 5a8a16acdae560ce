// Makes the installable file of one platform, with the language server inside:
//
//   npm run package                                    the program of target/release, for the machine that this is
//   npm run package -- --program FILE --target NAME    another program, for another platform
//
// The platforms are those of `targets` below. The file is rnn-lsp-NAME-VERSION.vsix in this folder.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// The marketplace's names and the Rust targets that belong to them. musl where the system's C library may be old.
const targets = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "alpine-x64": "x86_64-unknown-linux-musl",
  "alpine-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
process.chdir(here);

const { values } = parseArgs({
  options: {
    target: { type: "string", default: `${process.platform}-${process.arch}` },
    program: { type: "string" },
    out: { type: "string" },
  },
});
const { target } = values;
if (!(target in targets)) {
  fail(`no target ${target}; expected one of ${Object.keys(targets).join(", ")}`);
}
const name = target.startsWith("win32") ? "rnn-lsp.exe" : "rnn-lsp";
const built = [join(root, "target", targets[target], "release", name), join(root, "target/release", name)];
const program = values.program ? resolve(process.env.INIT_CWD ?? ".", values.program) : built.find(existsSync);
if (!program || !existsSync(program)) {
  fail(`no program to put inside: ${program ?? built.join(", ")}. Build one with \`cargo build --release\`, or give --program FILE.`);
}
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const out = values.out ? resolve(process.env.INIT_CWD ?? ".", values.out) : join(here, `rnn-lsp-${target}-${version}.vsix`);

run("node", ["build.mjs"]);
rmSync("bin", { recursive: true, force: true });
mkdirSync("bin");
copyFileSync(program, join("bin", name));
chmodSync(join("bin", name), 0o755);
for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) {
  copyFileSync(join(root, licence), licence);
}
try {
  const vsce = join("node_modules", "@vscode", "vsce", "vsce");
  run("node", [vsce, "package", "--target", target, "--no-dependencies", "--skip-license", "--allow-missing-repository", "--no-rewrite-relative-links", "--out", out]);
} finally {
  for (const copy of ["bin", "LICENSE-MIT", "LICENSE-APACHE"]) {
    rmSync(copy, { recursive: true, force: true });
  }
}
console.log(out);

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error || status !== 0) {
    fail(error?.message ?? `${command} ${args[0]} failed`);
  }
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
