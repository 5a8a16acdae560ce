/** The page about what was learned, in a tab. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disposable, ViewColumn, type WebviewPanel, window } from "vscode";
import { output } from "./binary.ts";
import type { Server } from "./server.ts";

/**
 * The page needs nothing but its own styles. What it shows are words out of the writer's files, so nothing else is allowed.
 * Its colors become those of the editor.
 */
const HEAD = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>html body { --ink: var(--vscode-editor-foreground); --soft: var(--vscode-descriptionForeground);
--line: var(--vscode-widget-border, var(--vscode-panel-border)); --page: var(--vscode-editor-background); --bar: var(--vscode-charts-green) }</style>`;

export class Report implements Disposable {
  readonly #server: Server;
  #panel: WebviewPanel | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Shows the page as things are now, in the tab that is open already if one is. */
  async show(): Promise<void> {
    const html = await this.#page();
    if (!this.#panel) {
      this.#panel = window.createWebviewPanel("rnnLsp.report", "What rnn-lsp learned", ViewColumn.Active, { enableScripts: false, localResourceRoots: [] });
      this.#panel.onDidDispose(() => (this.#panel = undefined));
    }
    this.#panel.webview.html = html;
    this.#panel.reveal();
  }

  async #page(): Promise<string> {
    const { phase } = this.#server;
    if (phase.kind !== "running") {
      throw new Error("rnn-lsp is not running");
    }
    // What was saved a moment ago is taken up before the question is answered, and so is in the page.
    await this.#server.run("rnn-lsp.learned").catch(() => undefined);
    // Readable by the writer alone, and gone at once.
    const folder = await mkdtemp(join(tmpdir(), "rnn-lsp-"));
    try {
      const file = join(folder, "report.html");
      await output(phase.program, ["status", "--html", file]);
      return withHead(await readFile(file, "utf8"));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  dispose(): void {
    this.#panel?.dispose();
  }
}

/** Our lines go behind the page's own styles, which they change. */
function withHead(html: string): string {
  const end = html.lastIndexOf("</style>");
  return end < 0 ? HEAD + html : `${html.slice(0, end)}</style>${HEAD}${html.slice(end + "</style>".length)}`;
}
