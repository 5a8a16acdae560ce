/** What the writer paused, kept so that a server that has to be started again is told again. Knows nothing of VS Code. */

export type Scope = { readonly kind: "everywhere" } | { readonly kind: "language"; readonly languageId: string } | { readonly kind: "document"; readonly uri: string };

/** The server's command for a switch, with its arguments. */
export interface Order {
  readonly command: "rnn-lsp.pause" | "rnn-lsp.resume";
  readonly arguments: readonly unknown[];
}

/** In the order in which they were given; a switch of everything forgets the narrower ones, as the server does. */
export class Switches {
  #given: { scope: Scope; on: boolean }[] = [];

  set(scope: Scope, on: boolean): Order {
    const key = name(scope);
    this.#given = scope.kind === "everywhere" ? [] : this.#given.filter((given) => name(given.scope) !== key);
    this.#given.push({ scope, on });
    return order(scope, on);
  }

  /** Whether a language was paused, or everything. */
  languageIsOn(languageId: string): boolean {
    const language = this.#given.find(({ scope }) => scope.kind === "language" && scope.languageId === languageId);
    const everywhere = this.#given.find(({ scope }) => scope.kind === "everywhere");
    return (language ?? everywhere)?.on ?? true;
  }

  /** All that was given, for a server that knows none of it. */
  all(): Order[] {
    return this.#given.map(({ scope, on }) => order(scope, on));
  }
}

function order(scope: Scope, on: boolean): Order {
  const target =
    scope.kind === "everywhere" ? [] : scope.kind === "language" ? [{ languageId: scope.languageId }] : [{ uri: scope.uri }];
  return { command: on ? "rnn-lsp.resume" : "rnn-lsp.pause", arguments: target };
}

function name(scope: Scope): string {
  return scope.kind === "everywhere" ? "*" : scope.kind === "language" ? `language ${scope.languageId}` : `document ${scope.uri}`;
}
