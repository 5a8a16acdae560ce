/** The item in the status bar: seen only where prose is written. */
import { type Disposable, MarkdownString, StatusBarAlignment, type StatusBarItem, ThemeColor, window } from "vscode";
import { isServed } from "./languages.ts";
import type { Server } from "./server.ts";
import { face, learnedSentence } from "./state.ts";

export class StatusBar implements Disposable {
  readonly #server: Server;
  readonly #item: StatusBarItem;
  readonly #subscriptions: Disposable[];

  constructor(server: Server) {
    this.#server = server;
    this.#item = window.createStatusBarItem("rnn-lsp", StatusBarAlignment.Right, 90);
    this.#item.name = "rnn-lsp";
    this.#item.command = "rnnLsp.menu";
    const show = () => {
      this.#show();
    };
    this.#subscriptions = [server.onChanged(show), window.onDidChangeActiveTextEditor(show)];
    show();
  }

  #show(): void {
    const document = window.activeTextEditor?.document;
    const { phase, state } = this.#server;
    if (!document || !isServed(document)) {
      this.#item.hide();
      return;
    }
    const { icon, text, summary, isWarning } = face(phase, state, this.#server.name(document));
    this.#item.text = `$(${icon}) rnn-lsp${text === "" ? "" : ` ${text}`}`;
    this.#item.accessibilityInformation = { label: `rnn-lsp: ${summary}`, role: "button" };
    this.#item.backgroundColor = isWarning ? new ThemeColor("statusBarItem.warningBackground") : undefined;
    const lines = [`**rnn-lsp**: ${summary}`];
    if (phase.kind === "failed") {
      lines.push(phase.message);
    }
    if (state && phase.kind === "running") {
      lines.push(learnedSentence(state), `Model: ${state.model ?? "the built-in English one"}`, `Version ${phase.version}`);
    }
    this.#item.tooltip = new MarkdownString().appendMarkdown(lines[0] ?? "");
    for (const line of lines.slice(1)) {
      this.#item.tooltip.appendMarkdown("\n\n").appendText(line);
    }
    this.#item.show();
  }

  dispose(): void {
    this.#subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
    this.#item.dispose();
  }
}
