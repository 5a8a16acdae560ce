/** What a click on the status bar's item opens. */
import { commands, type QuickPickItem, QuickPickItemKind, type TextDocument, window, workspace } from "vscode";
import { isServed, languageName } from "./languages.ts";
import type { Server } from "./server.ts";
import { SECTION } from "./settings.ts";
import { face, learnedSentence } from "./state.ts";

interface Entry extends QuickPickItem {
  /** The command that it stands for; a line between groups has none. */
  readonly command?: string;
}

export async function openMenu(server: Server): Promise<void> {
  const active = window.activeTextEditor?.document;
  const document = active && isServed(active) ? active : undefined;
  const { phase, state } = server;
  const { summary } = face(phase, state, document ? server.name(document) : "");
  const title = state && phase.kind === "running" ? `rnn-lsp: ${summary} · ${learnedSentence(state)}` : `rnn-lsp: ${summary}`;
  const picked = await window.showQuickPick(entries(server, document), { title, placeHolder: "What should it do?" });
  if (picked?.command !== undefined) {
    await commands.executeCommand(picked.command);
  }
}

function entries(server: Server, document: TextDocument | undefined): Entry[] {
  const always: Entry[] = [
    { label: "", kind: QuickPickItemKind.Separator },
    { label: "$(settings-gear) Settings", command: "rnnLsp.settings" },
    { label: "$(output) Log", command: "rnnLsp.log" },
    { label: "$(debug-restart) Restart", command: "rnnLsp.restart" },
  ];
  const { phase, state } = server;
  if (phase.kind !== "running" || !state) {
    const program: Entry = { label: "$(file-binary) Choose the program…", command: "rnnLsp.chooseProgram" };
    return phase.kind === "failed" ? [{ label: `$(warning) ${phase.message}`, command: "rnnLsp.log" }, program, ...always] : always;
  }
  const pause = (what: string, on: boolean, command: string, description: string): Entry =>
    on ? { label: `$(debug-pause) Pause ${what}`, command, description } : { label: `$(play) Resume ${what}`, command };
  const list: Entry[] = [];
  if (document) {
    const on = state.documents[server.name(document)] ?? state.enabled;
    const name = document.isUntitled ? "this document" : (document.uri.path.split("/").at(-1) ?? "this document");
    const language = document.languageId;
    list.push(
      pause("here", on, "rnnLsp.toggleDocument", name),
      pause(`for ${languageName(language)}`, server.switches.languageIsOn(language), "rnnLsp.toggleLanguage", "until this window is reloaded"),
    );
  }
  list.push(pause("everywhere", state.enabled, "rnnLsp.toggleEverywhere", "until this window is reloaded"));
  list.push({ label: "", kind: QuickPickItemKind.Separator }, { label: "$(graph) What was learned", command: "rnnLsp.report" });
  if (!workspace.getConfiguration(SECTION).get<boolean>("learn", true)) {
    return [...list, ...always];
  }
  if (server.knows("rnn-lsp.pauseLearning")) {
    list.push(pause("learning", state.learning, "rnnLsp.toggleLearning", "until this window is reloaded"));
  }
  if (state.learning) {
    if (server.knows("rnn-lsp.train")) {
      list.push({ label: "$(sync) Train now", command: "rnnLsp.train", description: "tunes the network to what was learned" });
    }
    if (typeof state.generation === "number") {
      list.push({ label: "$(discard) Take the last training back", command: "rnnLsp.rollback", description: `generation ${state.generation}` });
    }
    list.push({ label: "$(folder) Learn a folder or file…", command: "rnnLsp.learn" });
    if (server.knows("rnn-lsp.allow")) {
      list.push({ label: "$(circle-slash) Never suggest a word…", command: "rnnLsp.forgetWord" });
    }
    if (document?.uri.scheme === "file") {
      list.push({ label: "$(trash) Forget this file…", command: "rnnLsp.forgetFile" });
    }
  }
  return [...list, ...always];
}
