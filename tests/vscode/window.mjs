// A VS Code window: code-server, a browser in front of it, and hands for both.
//
// Every window has folders of its own for settings, extensions, home and documents, and leaves nothing behind.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";

/** How long something may take that takes a moment; the machine may be busy. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 30_000);

/** What keeps the screen clear of everything that is not tested. */
const CLEAR = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "chat.disableAIFeatures": true,
  "editor.accessibilitySupport": "off",
  "files.autoSave": "off",
  "git.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.layoutControl.enabled": false,
  "editor.minimap.enabled": false,
};

/**
 * Opens a window on a folder with one file.
 *
 * @param {{ editor: string, vsix: string, out: string, file: string, text?: string, size?: { width: number, height: number }, more?: object }} options
 *   editor: where code-server and Playwright are installed; out: for screenshots and logs; more: settings
 */
export async function open({ editor, vsix, out, file, text = "", size = { width: 1100, height: 700 }, more = {} }) {
  const { chromium } = createRequire(join(editor, "package.json"))("playwright-core");
  const root = mkdtempSync(join(tmpdir(), "rnn-lsp-vscode-"));
  const folders = Object.fromEntries(["user", "extensions", "home", "work", "browser"].map((name) => [name, join(root, name)]));
  Object.values(folders).forEach((folder) => mkdirSync(folder));
  mkdirSync(out, { recursive: true });
  writeFileSync(join(folders.work, file), text);
  const env = {
    ...process.env,
    HOME: folders.home,
    XDG_CONFIG_HOME: join(folders.home, ".config"),
    XDG_DATA_HOME: join(folders.home, ".local"),
    // Only what is in it: a program of the developer's own must not be found.
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    EXTENSIONS_GALLERY: "{}", // No marketplace is asked.
  };
  delete env.VSCODE_IPC_HOOK_CLI;

  // A window of code-server is a remote one: settings of the machine are read from the second folder.
  const writeSettings = (settings) => {
    for (const place of ["User", "Machine"]) {
      mkdirSync(join(folders.user, place), { recursive: true });
      writeFileSync(join(folders.user, place, "settings.json"), JSON.stringify({ ...CLEAR, ...more, ...settings }, null, 2));
    }
  };
  writeSettings({});

  const program = join(editor, "node_modules/.bin/code-server");
  const common = ["--user-data-dir", folders.user, "--extensions-dir", folders.extensions];
  const installed = spawnSync(program, [...common, "--install-extension", vsix], { env, encoding: "utf8" });
  if (installed.status !== 0) {
    throw new Error(`the extension cannot be installed: ${`${installed.stdout} ${installed.stderr}`.slice(-1000)}`);
  }
  const port = await freePort();
  const log = openSync(join(out, "code-server.log"), "w");
  const flags = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override", "--ignore-last-opened"];
  const server = spawn(program, [...common, ...flags, "--bind-addr", `127.0.0.1:${port}`, folders.work], {
    env,
    stdio: ["ignore", log, log],
    detached: true, // A group of its own, which can be ended as a whole.
  });
  let browser;
  const close = async () => {
    await browser?.close();
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
      process.kill(-server.pid, "SIGTERM");
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  try {
    await until("code-server answers", async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok);
    browser = await chromium.launchPersistentContext(folders.browser, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      viewport: size,
      deviceScaleFactor: Number(process.env.SCALE ?? 1),
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    const page = browser.pages()[0] ?? (await browser.newPage());
    // By the address, since Quick Open wants a search program on the server.
    const payload = JSON.stringify([["openFile", `vscode-remote://127.0.0.1:${port}${join(folders.work, file)}`]]);
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folders.work)}&payload=${encodeURIComponent(payload)}`, { timeout: 4 * PATIENCE_MS });
    await page.locator(".editor-instance .monaco-editor .view-lines").first().waitFor({ timeout: 4 * PATIENCE_MS });
    return hands({ page, folders, out, writeSettings, close, file });
  } catch (error) {
    await browser?.pages()[0]?.screenshot({ path: join(out, "failed.png") }).catch(() => undefined);
    await close();
    throw error;
  }
}

/** What a test does with a window. */
function hands({ page, folders, out, writeSettings, close, file }) {
  const editor = page.locator(".editor-instance .monaco-editor").first();
  const item = page.locator(".statusbar-item").filter({ hasText: "rnn-lsp" });
  const rows = page.locator(".suggest-widget.visible .monaco-list-row");
  return {
    page,
    close,
    /** Where the file is on disk. */
    path: join(folders.work, file),
    /** Merged over the settings that clear the screen. */
    settings: writeSettings,
    onDisk: () => readFileSync(join(folders.work, file), "utf8"),
    shot: (name) => page.screenshot({ path: join(out, `${name}.png`) }),
    focus: () => editor.click(),
    type: (keys) => page.keyboard.type(keys, { delay: 40 }),
    press: (key) => page.keyboard.press(key),
    clear: async () => {
      await page.keyboard.press("Control+a");
      await page.keyboard.press("Delete");
    },
    /** The text of the lines, less the ghost text, which sits among them. */
    text: () =>
      editor.locator(".view-lines").evaluate((view) => {
        const copy = view.cloneNode(true);
        copy.querySelectorAll("[class*='ghost-text']").forEach((ghost) => ghost.remove());
        return [...copy.querySelectorAll(".view-line")]
          .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
          .map((line) => line.textContent.replaceAll("\u00a0", " "))
          .join("\n");
      }),
    /** The ghost text. */
    ghost: async () => (await page.locator("[class*='ghost-text']").allTextContents()).join("").replaceAll("\u00a0", " "),
    /** The words of the popup, by rank; the list is virtual, and its rows are in no set order. */
    popup: () =>
      rows.evaluateAll((elements) =>
        elements
          .map((element) => [Number(element.dataset.index), element.querySelector(".label-name").textContent])
          .sort((a, b) => a[0] - b[0])
          .map(([, label]) => label),
      ),
    /** What the status bar says of the server, for readers of the screen. */
    status: async () => ((await item.count()) === 0 ? undefined : item.first().locator("a").first().getAttribute("aria-label")),
    openMenu: () => item.first().click(),
    /** The entries of a menu that is open. */
    menu: () => page.locator(".quick-input-widget:visible .monaco-list-row .label-name").allTextContents(),
    pick: async (label) => {
      await page.locator(".quick-input-widget:visible .monaco-list-row").filter({ hasText: label }).first().click();
    },
    /** Runs a command of the palette by its title. */
    command: async (title) => {
      await page.keyboard.press("F1");
      await page.locator(".quick-input-widget:visible input").first().waitFor();
      await page.keyboard.type(title, { delay: 5 });
      const row = page.locator(".quick-input-widget:visible .monaco-list-row").filter({ hasText: title }).first();
      await row.waitFor({ timeout: PATIENCE_MS });
      await row.click();
    },
    notification: () => page.locator(".notification-toast-container .notification-list-item-message").allTextContents(),
    /** The processes of the language server. */
    servers: () =>
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .filter((pid) => command(pid).startsWith(folders.extensions) && command(pid).includes("--stdio"))
        .map(Number),
    /** The extension's log. */
    log: () => {
      const logs = join(folders.user, "logs");
      const found = existsSync(logs) ? readdirSync(logs, { recursive: true }).filter((name) => name.endsWith("rnn-lsp.log")) : [];
      return found.map((name) => readFileSync(join(logs, name), "utf8")).join("\n");
    },
  };
}

function command(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // It has ended.
  }
}

/** Polls until `see` gives something true, and returns it. */
export async function until(what, see) {
  const end = Date.now() + PATIENCE_MS;
  let seen;
  do {
    seen = await see();
    if (seen) {
      return seen;
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  } while (Date.now() < end);
  throw new Error(`never: ${what}; the last seen was ${JSON.stringify(seen)}`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
