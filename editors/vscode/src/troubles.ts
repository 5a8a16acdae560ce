/** Messages for the writer when there is no server. */
import { commands, ConfigurationTarget, window, workspace } from "vscode";
import { SECTION } from "./settings.ts";

const CHOOSE = "Choose the program…";
const INSTALL = "How to get it";
const RESTART = "Restart";
const LOG = "Show the log";

/** Says what is wrong, with what can be done about it as buttons. */
export async function tell(trouble: { readonly kind: "missing" | "unusable" | "old" | "crashing"; readonly message: string }): Promise<void> {
  const buttons = { missing: [CHOOSE, INSTALL], old: [CHOOSE, INSTALL], unusable: [CHOOSE, LOG], crashing: [RESTART, LOG] }[trouble.kind];
  const pressed = await window.showErrorMessage(trouble.message, ...buttons);
  const command = pressed && { [CHOOSE]: "rnnLsp.chooseProgram", [INSTALL]: "rnnLsp.walkthrough", [RESTART]: "rnnLsp.restart", [LOG]: "rnnLsp.log" }[pressed];
  if (command) {
    await commands.executeCommand(command);
  }
}

/** Lets the writer pick the program, and keeps the choice; the change of the setting starts it. */
export async function chooseProgram(): Promise<void> {
  const [file] = (await window.showOpenDialog({ title: "The program rnn-lsp", openLabel: "Use this program" })) ?? [];
  if (file) {
    await workspace.getConfiguration(SECTION).update("path", file.fsPath, ConfigurationTarget.Global);
  }
}
