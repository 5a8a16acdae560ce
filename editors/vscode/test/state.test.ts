import assert from "node:assert/strict";
import { test } from "node:test";
import { face, learnedSentence, type Phase, type ServerState } from "../src/state.ts";
import { Switches } from "../src/switches.ts";

const running: Phase = { kind: "running", version: "0.1.0", program: "/bin/rnn-lsp" };
const state: ServerState = { enabled: true, model: null, loading: false, learning: true, newWords: 0, documents: { a: true, b: false } };

test("the status bar says what is the case", () => {
  function check(phase: Phase, told: ServerState | undefined, document: string, summary: string) {
    assert.equal(face(phase, told, document).summary, summary);
  }
  check({ kind: "starting" }, undefined, "a", "starting");
  check(running, undefined, "a", "starting");
  check({ kind: "failed", message: "no" }, undefined, "a", "not running");
  check(running, state, "a", "on");
  check(running, state, "b", "paused here");
  check(running, state, "not open", "on");
  check(running, { ...state, enabled: false }, "b", "paused");
  // Resumed here, while all else is paused.
  check(running, { ...state, enabled: false }, "a", "on");
  check(running, { ...state, loading: true }, "a", "loading a model");
  check(running, { ...state, training: 0.4 }, "a", "learning your writing, 40 %");
  check(running, { ...state, training: null }, "a", "on");
});

test("what was learned, in a sentence", () => {
  assert.equal(learnedSentence(state), "No new words learned yet");
  assert.equal(learnedSentence({ ...state, newWords: 1 }), "1 new word of yours learned");
  assert.equal(learnedSentence({ ...state, newWords: 1200 }), "1,200 new words of yours learned");
  assert.equal(learnedSentence({ ...state, newWords: 3, generation: 2 }), "3 new words of yours learned, and your style (generation 2)");
  assert.equal(learnedSentence({ ...state, learning: false }), "Learning is off");
});

test("a server that comes back is told what was paused", () => {
  const switches = new Switches();
  const here = { kind: "document", uri: "a" } as const;
  const org = { kind: "language", languageId: "org" } as const;
  assert.deepEqual(switches.set(here, false), { command: "rnn-lsp.pause", arguments: [{ uri: "a" }] });
  switches.set(org, false);
  switches.set(here, true);
  assert.deepEqual(switches.all(), [
    { command: "rnn-lsp.pause", arguments: [{ languageId: "org" }] },
    { command: "rnn-lsp.resume", arguments: [{ uri: "a" }] },
  ]);
  assert.equal(switches.languageIsOn("org"), false);
  assert.equal(switches.languageIsOn("markdown"), true);
  switches.set({ kind: "everywhere" }, false);
  assert.deepEqual(switches.all(), [{ command: "rnn-lsp.pause", arguments: [] }]);
  assert.equal(switches.languageIsOn("markdown"), false);
});
