/** What the server is told of VS Code's settings. */
import { workspace, type WorkspaceConfiguration } from "vscode";

export const SECTION = "rnn-lsp";

/** How suggestions are shown. */
export type Show = "ghost" | "popup" | "both";

/** Settings of the extension's own. The server would warn of names that it does not know. */
const OURS = new Set(["path", "show"]);

/** The names of all settings, without the section, as package.json declares them. */
export function declared(manifest: Manifest): string[] {
  const groups = manifest.contributes.configuration;
  return groups.flatMap((group) => Object.keys(group.properties)).map((name) => name.slice(SECTION.length + 1));
}

/** As much of package.json as is needed. */
export interface Manifest {
  readonly contributes: { readonly configuration: readonly { readonly properties: Readonly<Record<string, unknown>> }[] };
}

/**
 * The server's settings: what the writer chose in VS Code, and nothing else, so that the settings file which all editors
 * share counts where VS Code is silent. The three that decide when something appears are always sent, since their defaults
 * here are quieter than the server's.
 */
export function forServer(names: readonly string[]): Record<string, unknown> {
  const configuration = workspace.getConfiguration(SECTION);
  const show = configuration.get<Show>("show", "ghost");
  const settings: Record<string, unknown> = {
    completion: show !== "ghost",
    inlineCompletion: show !== "popup",
    triggerOnSpace: configuration.get("triggerOnSpace", false),
  };
  for (const name of names) {
    if (!OURS.has(name) && isChosen(configuration, name)) {
      settings[name] = configuration.get(name);
    }
  }
  return settings;
}

/** Whether a setting has a value that is not the declared default. */
function isChosen(configuration: WorkspaceConfiguration, name: string): boolean {
  const found = configuration.inspect(name);
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((value) => value !== undefined);
}
