/** Where Tab means "indent". */

/**
 * An empty line, or one with nothing but the marks that open a paragraph: list bullets and numbers, a task's box, quote
 * marks, heading marks.
 */
const OPENING = /^(?:\s|[-*+>]|\d+[.)]|\[[ xX]\]|#{1,6}(?=\s|$))*$/u;

/**
 * Whether Tab after this beginning of a line should indent. Nothing is offered there: both ghost text and the popup would
 * take the key.
 */
export function tabIndents(lineBeforeCursor: string): boolean {
  return OPENING.test(lineBeforeCursor);
}
