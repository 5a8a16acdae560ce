/** What the server is told of VS Code's settings. */
import { workspace, type WorkspaceConfiguration } from "vscode";

export const SECTION = "rnn-lsp";

/** A setting of the extension's own. The server would warn of a name that it does not know. */
const OURS = "path";

/** Settings whose defaults are quieter here than the server's, and that are always sent because of that. */
const QUIETER = ["show", "triggerOnSpace"];

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
 * The server's settings: what the writer chose in VS Code, and little else, so that the settings file which all editors
 * share counts where VS Code is silent.
 */
export function forServer(names: readonly string[]): Record<string, unknown> {
  const configuration = workspace.getConfiguration(SECTION);
  const sent = names.filter((name) => name !== OURS && (QUIETER.includes(name) || isChosen(configuration, name)));
  return Object.fromEntries(sent.map((name) => [name, configuration.get(name)]));
}

/** Those that must hold before the server has asked for the rest. */
export function forTheStart(): Record<string, unknown> {
  return forServer(QUIETER);
}

/** Whether a setting has a value that is not the declared default. */
function isChosen(configuration: WorkspaceConfiguration, name: string): boolean {
  const found = configuration.inspect(name);
  return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((value) => value !== undefined);
}
