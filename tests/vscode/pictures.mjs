// Takes the pictures of editors/vscode/media from the real thing:
//
//   SCALE=2 node tests/vscode/pictures.mjs target/vscode/editor target/vscode/rnn-lsp.vsix
//
// after tests/vscode/run has made both.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { open, until } from "./window.mjs";

const [folder, vsix] = process.argv.slice(2);
const editor = resolve(folder);
const out = resolve("editors/vscode/media");
const logs = mkdtempSync(join(tmpdir(), "rnn-lsp-pictures-"));
const look = {
  "workbench.colorTheme": "Default Dark Modern",
  "editor.fontSize": 16,
  "editor.lineNumbers": "off",
  "editor.occurrencesHighlight": "off",
  "editor.renderLineHighlight": "none",
  "breadcrumbs.enabled": false,
  "workbench.activityBar.location": "hidden",
  "window.commandCenter": false,
  "window.menuBarVisibility": "hidden",
};

const opening = "# The lighthouse\n\nIn the morning the storm was over. For the first ti";
const chapter = [
  "Marlowen kept the lighthouse of Sankt Orvald. Nobody knew how old Marlowen was.",
  "The boats of Orvald came home at night, and Marlowen counted the Orvald lanterns.",
  "When Brannagh came to Orvald, the storm had put out every lantern but one. Brannagh saw it.",
  "In the morning Brannagh climbed the stairs. Marlowen had made tea, as in all the years before, and did not ask who had come.",
];

const window = await open({ editor, vsix, out: logs, file: "letter.md", size: { width: 880, height: 420 }, more: look });

async function picture(name) {
  await window.page.mouse.move(440, 330);
  await window.page.screenshot({ path: join(out, `${name}.png`) });
  console.log(name);
}

try {
  await window.focus();
  await until("the server is on", async () => (await window.status()) === "rnn-lsp: on");
  await window.press("Control+b"); // The side bar.
  await window.focus();
  await window.type(opening);
  await until("ghost text", async () => (await window.ghost()).trim());
  await picture("ghost");

  await window.openMenu();
  await until("the menu", async () => (await window.menu()).length > 5);
  await picture("menu");
  await window.press("Escape");

  window.settings({ "rnn-lsp.show": "popup", "rnn-lsp.triggerOnSpace": true });
  await until("a list", async () => {
    await window.clear();
    await window.type("# The letter\n\nIn the spring her brother had gone to the United ");
    await window.page.waitForTimeout(1500);
    return (await window.popup()).length > 1;
  });
  await picture("popup");

  await window.press("Escape");
  await window.clear();
  await window.type(chapter.join("\n\n"));
  await window.press("Control+s");
  await window.command("rnn-lsp: Show What Was Learned");
  await until("the report", async () => {
    const pages = await Promise.all(window.page.frames().slice(1).map((frame) => frame.locator("body").innerText({ timeout: 1000 }).catch(() => "")));
    return pages.some((page) => page.includes("Marlowen"));
  });
  await picture("report");
} finally {
  await window.close();
  rmSync(logs, { recursive: true, force: true });
}
