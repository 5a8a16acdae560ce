/** What the server tells of itself, and how the status bar says it. Knows nothing of VS Code. */

/** The parameters of `rnn-lsp/state`. */
export interface ServerState {
  /** Whether anything is offered where nothing narrower was switched. */
  readonly enabled: boolean;
  /** A model file in place of the built-in model. */
  readonly model: string | null;
  /** Whether a model is being loaded. */
  readonly loading: boolean;
  /** Whether saved prose is learned. */
  readonly learning: boolean;
  /** Words that the writer taught it. */
  readonly newWords: number;
  /** The generation of the writer's own weights, where such are in use. */
  readonly generation?: number | null;
  /** Open documents, and whether each is on. */
  readonly documents: Readonly<Record<string, boolean>>;
  /** Present while the network is trained: how far that is, from 0 to 1. */
  readonly training?: number | null;
}

/** What the extension knows of the server's process. */
export type Phase =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly version: string; readonly program: string }
  | { readonly kind: "failed"; readonly message: string };

/** What the status bar shows of a document. */
export interface Face {
  readonly icon: string;
  /** Behind the name; mostly nothing. */
  readonly text: string;
  /** In a word or two, for the tooltip and for readers of the screen. */
  readonly summary: string;
  readonly isWarning: boolean;
}

export function face(phase: Phase, state: ServerState | undefined, document: string): Face {
  if (phase.kind === "failed") {
    return { icon: "warning", text: "", summary: "not running", isWarning: true };
  }
  if (phase.kind === "starting" || !state) {
    return { icon: "loading~spin", text: "", summary: "starting", isWarning: false };
  }
  if (state.loading) {
    return { icon: "loading~spin", text: "", summary: "loading a model", isWarning: false };
  }
  const isOn = state.documents[document] ?? state.enabled;
  if (!isOn) {
    return { icon: "debug-pause", text: "", summary: state.enabled ? "paused here" : "paused", isWarning: false };
  }
  if (typeof state.training === "number") {
    const percent = Math.round(state.training * 100);
    return { icon: "sync~spin", text: `${percent} %`, summary: `learning your writing, ${percent} %`, isWarning: false };
  }
  return { icon: "edit", text: "", summary: "on", isWarning: false };
}

/** What was learned, in a sentence. */
export function learnedSentence(state: ServerState): string {
  if (!state.learning) {
    return "Learning is off";
  }
  const { newWords, generation } = state;
  const words = newWords === 0 ? "No new words learned yet" : `${newWords.toLocaleString("en")} new ${newWords === 1 ? "word" : "words"} of yours learned`;
  return typeof generation === "number" ? `${words}, and your style (generation ${generation})` : words;
}
