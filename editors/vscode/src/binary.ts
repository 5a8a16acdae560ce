/** Finds the language server's program. Knows nothing of VS Code, so that its tests need none. */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, chmod, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

export type Version = readonly [major: number, minor: number, patch: number];

/** The oldest server that has what this extension asks for. */
export const OLDEST: Version = [0, 1, 0];

/** Longer than the slowest start of a program that works: a cold disk, a virus scanner. */
const PATIENCE_MS = 15_000;

export interface Found {
  readonly program: string;
  readonly version: Version;
  readonly source: "setting" | "path" | "bundled";
}

/** Why there is no program to start; a sentence for the writer. */
export interface Missing {
  readonly kind: "missing" | "unusable" | "old";
  readonly message: string;
}

export interface Places {
  /** The setting `rnn-lsp.path`; empty when not set. */
  readonly setting: string;
  /** Folders of the variable PATH. */
  readonly path: string;
  /** The extension's folder. */
  readonly extension: string;
}

/**
 * The setting's program, else the first on PATH, else the one that came with the extension.
 *
 * A setting is a decision: what is wrong with its program is said. A program on PATH may stand there by chance, so one
 * that is of no use gives way to the next place.
 */
export async function find(places: Places): Promise<Found | Missing> {
  if (places.setting !== "") {
    const program = atHome(places.setting);
    if (!isAbsolute(program)) {
      return { kind: "missing", message: `The setting rnn-lsp.path is "${places.setting}": expected a whole path, or one that begins with ~/.` };
    }
    const checked = await check(program, "setting");
    return checked ?? { kind: "missing", message: `There is no program ${program}, which the setting rnn-lsp.path names.` };
  }
  let trouble: Missing | undefined;
  for (const folder of [...places.path.split(delimiter).filter(isAbsolute), join(homedir(), ".cargo", "bin")]) {
    const checked = await check(join(folder, NAME), "path");
    if (checked && "program" in checked) {
      return checked;
    }
    trouble ??= checked;
  }
  const checked = await check(join(places.extension, "bin", NAME), "bundled");
  return checked ?? trouble ?? { kind: "missing", message: "The program rnn-lsp was not found: it is not on PATH, and none came with this extension." };
}

const NAME = process.platform === "win32" ? "rnn-lsp.exe" : "rnn-lsp";

/** A program's version, or what is wrong with it; nothing if there is no such file. */
async function check(program: string, source: Found["source"]): Promise<Found | Missing | undefined> {
  const file = await stat(program).catch(() => undefined);
  if (!file?.isFile()) {
    return undefined;
  }
  if (source === "bundled") {
    // Not every way to unpack an extension keeps the right to run it.
    await access(program, constants.X_OK).catch(() => chmod(program, 0o755).catch(() => undefined));
  }
  let said: string;
  try {
    said = await output(program, ["--version"]);
  } catch (error) {
    return { kind: "unusable", message: `The program ${program} does not run: ${error instanceof Error ? error.message : String(error)}.` };
  }
  const version = parseVersion(said);
  if (!version) {
    return { kind: "unusable", message: `The program ${program} is not rnn-lsp: asked for its version it says "${said.trim().slice(0, 60)}".` };
  }
  if (isOlder(version, OLDEST)) {
    return { kind: "old", message: `The program ${program} is rnn-lsp ${version.join(".")}; this extension needs ${OLDEST.join(".")} or later.` };
  }
  return { program, version, source };
}

/** What a program prints; an error when it does not end well. */
export function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // No input: a program that waits for some ends at once.
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS, windowsHide: true });
    let said = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) {
        resolve(said);
      } else {
        const lines = complaint.split("\n").filter((line) => line.trim() !== "");
        reject(new Error(lines.at(-1) ?? `it ended with ${signal ?? `code ${code ?? "unknown"}`}`));
      }
    });
  });
}

/** From what `rnn-lsp --version` prints: `rnn-lsp 0.1.0`. */
export function parseVersion(said: string): Version | undefined {
  const match = /^rnn-lsp (\d+)\.(\d+)\.(\d+)/u.exec(said.trim());
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

export function isOlder(version: Version, than: Version): boolean {
  const differs = version.findIndex((part, index) => part !== than[index]);
  return differs >= 0 && (version[differs] ?? 0) < (than[differs] ?? 0);
}

/** `~/` is the home folder. */
function atHome(path: string): string {
  return /^~[/\\]/u.test(path) ? join(homedir(), path.slice(2)) : path;
}
