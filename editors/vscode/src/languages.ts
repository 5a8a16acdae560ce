/** Which documents are prose. */
import type { TextDocument } from "vscode";

/** VS Code's ids of the languages that the server reads. `activationEvents` in package.json lists the same. */
export const LANGUAGES = [
  "markdown",
  "plaintext",
  "latex",
  "tex",
  "git-commit",
  "scminput",
  "restructuredtext",
  "asciidoc",
  "org",
  "typst",
  "quarto",
  "html",
] as const;

/**
 * Where a person writes: files, untitled documents, the message box of source control, review comments, cells of
 * notebooks, and files of other file systems. Not what is only shown, as old versions in a comparison (`git`) or logs (`output`).
 */
const SCHEMES = ["file", "untitled", "vscode-scm", "comment", "vscode-notebook-cell", "vscode-vfs", "vscode-userdata"] as const;

/** What the language client serves. */
export const SELECTOR: readonly { scheme: string; language: string }[] = SCHEMES.flatMap((scheme) =>
  LANGUAGES.map((language) => ({ scheme, language })),
);

/** Whether a document is served. */
export function isServed(document: TextDocument): boolean {
  return SELECTOR.some(({ scheme, language }) => scheme === document.uri.scheme && language === document.languageId);
}

const NAMES: Readonly<Record<string, string>> = {
  plaintext: "plain text",
  latex: "LaTeX",
  tex: "TeX",
  "git-commit": "commit messages",
  scminput: "the source control box",
  restructuredtext: "reStructuredText",
  asciidoc: "AsciiDoc",
  html: "HTML",
};

/** A language's name in the middle of a sentence. */
export function languageName(id: string): string {
  return NAMES[id] ?? id.charAt(0).toUpperCase() + id.slice(1);
}
