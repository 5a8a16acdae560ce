/**
 * A typed space asks for the list only where the writer wants that.
 *
 * The server names the space among the characters after which a client asks, and VS Code takes up such characters once, at
 * the start. Asking and getting nothing is not the same as not asking: while VS Code waits for that answer, the first letters
 * of the next word do not open the list. So the space is taken out of what the server names, and asked for from here.
 */
import { type CancellationToken, type CompletionContext, CompletionTriggerKind, type Disposable, languages, type Position, type TextDocument, workspace } from "vscode";
import { CompletionRequest, type LanguageClient, type StaticFeature } from "vscode-languageclient/node";
import { SELECTOR } from "./languages.ts";
import { SECTION } from "./settings.ts";

/** Takes the space out of what the server names. */
export const NO_SPACE: StaticFeature = {
  fillClientCapabilities: () => undefined,
  preInitialize: (capabilities) => {
    const { completionProvider } = capabilities;
    if (completionProvider?.triggerCharacters) {
      completionProvider.triggerCharacters = completionProvider.triggerCharacters.filter((character) => character !== " ");
    }
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

/** Asks after a space while the settings say so. */
export class SpaceKey implements Disposable {
  readonly #client: () => LanguageClient | undefined;
  readonly #settings: Disposable;
  #provider: Disposable | undefined;

  constructor(client: () => LanguageClient | undefined) {
    this.#client = client;
    this.#settings = workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(`${SECTION}.triggerOnSpace`) || change.affectsConfiguration(`${SECTION}.show`)) {
        this.#follow();
      }
    });
    this.#follow();
  }

  #follow(): void {
    this.#provider?.dispose();
    const configuration = workspace.getConfiguration(SECTION);
    const isWanted = configuration.get<boolean>("triggerOnSpace", false) && configuration.get("show") !== "ghost";
    const provideCompletionItems = (document: TextDocument, position: Position, token: CancellationToken, context: CompletionContext) =>
      // Letters that open the list are answered by the client's own provider; answering here too would double each word.
      context.triggerKind === CompletionTriggerKind.Invoke
        ? undefined
        : this.#client()?.getFeature(CompletionRequest.method).getProvider(document)?.provideCompletionItems(document, position, token, context);
    this.#provider = isWanted ? languages.registerCompletionItemProvider(SELECTOR, { provideCompletionItems }, " ") : undefined;
  }

  dispose(): void {
    this.#settings.dispose();
    this.#provider?.dispose();
  }
}
