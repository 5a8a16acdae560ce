/** rnn-lsp in VS Code: starts the language server, and shows what it does. */
import { type ExtensionContext, window, workspace } from "vscode";
import { register } from "./commands.ts";
import { Report } from "./report.ts";
import { Server } from "./server.ts";
import { SECTION } from "./settings.ts";
import { StatusBar } from "./statusbar.ts";
import { tell } from "./troubles.ts";

let server: Server | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const log = window.createOutputChannel("rnn-lsp", { log: true });
  server = new Server(context, log);
  const report = new Report(server);
  context.subscriptions.push(
    log,
    report,
    server.onFailed((trouble) => void tell(trouble)),
    new StatusBar(server),
    ...register(context, server, report, log),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`${SECTION}.path`)) {
        void server?.restart();
      }
    }),
  );
  await server.restart();
}

export async function deactivate(): Promise<void> {
  await server?.dispose();
}
