/** The commands of the palette and the menu. */
import { commands, type Disposable, type ExtensionContext, type LogOutputChannel, type TextDocument, type Uri, window, workspace } from "vscode";
import { isServed, languageName } from "./languages.ts";
import { openMenu } from "./menu.ts";
import type { Report } from "./report.ts";
import type { Server } from "./server.ts";
import { chooseProgram } from "./troubles.ts";

/** What a new document says, for the writer to go on from. */
const SAMPLE = "# A page to try it on\n\nGo on writing here. It was late in the afternoon when, for the first ti";

/** How long a confirmation stays in the status bar. */
const MOMENT_MS = 4000;

export function register(context: ExtensionContext, server: Server, report: Report, log: LogOutputChannel): Disposable[] {
  const table: Record<string, () => unknown> = {
    menu: () => openMenu(server),
    sample: async () => {
      await window.showTextDocument(await workspace.openTextDocument({ language: "markdown", content: SAMPLE }));
      await commands.executeCommand("cursorBottom");
      // VS Code asks by itself only when a key is typed.
      await commands.executeCommand("editor.action.inlineSuggest.trigger");
    },
    toggleDocument: () => toggleDocument(server),
    toggleLanguage: () => toggleLanguage(server),
    toggleEverywhere: () => server.switch({ kind: "everywhere" }, !(server.state?.enabled ?? true)),
    report: () => report.show(),
    train: () => train(server),
    rollback: () => rollback(server),
    toggleLearning: () => server.run(server.state?.learning === false ? "rnn-lsp.resumeLearning" : "rnn-lsp.pauseLearning"),
    learn: () => learn(server),
    forgetFile: () => forgetFile(server),
    forgetWord: () => forgetWord(server),
    allowWord: () => allowWord(server),
    restart: () => server.restart(),
    chooseProgram,
    log: () => {
      log.show();
    },
    settings: () => commands.executeCommand("workbench.action.openSettings", `@ext:${context.extension.id}`),
    walkthrough: () => commands.executeCommand("workbench.action.openWalkthrough", `${context.extension.id}#start`, false),
  };
  return Object.entries(table).map(([name, run]) =>
    commands.registerCommand(`rnnLsp.${name}`, async () => {
      try {
        await run();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        log.error(`rnnLsp.${name}: ${message}`);
        void window.showErrorMessage(message);
      }
    }),
  );
}

/** The document that is written in. */
function active(): TextDocument {
  const document = window.activeTextEditor?.document;
  if (!document || !isServed(document)) {
    throw new Error("Open a document of prose first.");
  }
  return document;
}

async function toggleDocument(server: Server): Promise<void> {
  const uri = server.name(active());
  const on = server.state?.documents[uri] ?? server.state?.enabled ?? true;
  await server.switch({ kind: "document", uri }, !on);
}

async function toggleLanguage(server: Server): Promise<void> {
  const { languageId } = active();
  const on = !server.switches.languageIsOn(languageId);
  await server.switch({ kind: "language", languageId }, on);
  confirm(`rnn-lsp is ${on ? "on" : "paused"} for ${languageName(languageId)}`);
}

async function train(server: Server): Promise<void> {
  if (!server.knows("rnn-lsp.train")) {
    throw new Error("This version of rnn-lsp does not train on request.");
  }
  await server.run("rnn-lsp.train");
  confirm("rnn-lsp trains as soon as nobody types");
}

async function rollback(server: Server): Promise<void> {
  const { takenBack } = await server.run<{ takenBack: number }>("rnn-lsp.rollback");
  confirm(`rnn-lsp took generation ${takenBack} back`);
}

async function learn(server: Server): Promise<void> {
  const picked = await window.showOpenDialog({
    title: "Prose of yours to learn from",
    openLabel: "Learn",
    canSelectFiles: true,
    canSelectFolders: true,
    canSelectMany: true,
  });
  if (!picked || picked.length === 0) {
    return;
  }
  const { files } = await server.run<{ files: number }>("rnn-lsp.learn", ...picked.map(address));
  confirm(files === 0 ? "rnn-lsp: nothing new to learn there" : `rnn-lsp learned ${count(files)}`);
}

async function forgetFile(server: Server): Promise<void> {
  const document = active();
  const name = document.uri.path.split("/").at(-1) ?? "this file";
  const forget = "Forget";
  const sure = await window.showWarningMessage(
    `Forget what was learned from ${name}?`,
    { modal: true, detail: "The file itself stays as it is. It is not learned again when you save it, only if you ask for it." },
    forget,
  );
  if (sure === forget) {
    const { files } = await server.run<{ files: number }>("rnn-lsp.forget", address(document.uri));
    confirm(files === 0 ? `rnn-lsp had learned nothing from ${name}, and will not` : `rnn-lsp forgot ${name}`);
  }
}

async function forgetWord(server: Server): Promise<void> {
  const word = await askForWord("Never learn or suggest this word");
  if (word) {
    await server.run("rnn-lsp.forget", { word });
    confirm(`rnn-lsp does not suggest ${word} any more`);
  }
}

async function allowWord(server: Server): Promise<void> {
  const word = await askForWord("Learn and suggest this word again");
  if (word) {
    const { wasForgotten } = await server.run<{ wasForgotten: boolean }>("rnn-lsp.allow", { word });
    confirm(wasForgotten ? `rnn-lsp suggests ${word} again` : `rnn-lsp was not told to leave ${word} out`);
  }
}

/** A word, by default the one at the cursor. */
async function askForWord(prompt: string): Promise<string | undefined> {
  const { document, selection } = window.activeTextEditor ?? {};
  const range = selection && document?.getWordRangeAtPosition(selection.active);
  const word = await window.showInputBox({ prompt, value: document && range ? document.getText(range) : "" });
  return word?.trim();
}

function address(uri: Uri): { uri: string } {
  return { uri: uri.toString() };
}

function count(files: number): string {
  return files === 1 ? "one file" : `${files} files`;
}

function confirm(sentence: string): void {
  window.setStatusBarMessage(sentence, MOMENT_MS);
}
