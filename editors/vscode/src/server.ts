/** The language server's life: found, started, watched, started again. One for all folders of the window. */
import { createInterface } from "node:readline";
import { EventEmitter, type Disposable, type ExtensionContext, type LogOutputChannel, type TextDocument, workspace } from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn, State, type LanguageClientOptions, type StaticFeature } from "vscode-languageclient/node";
import { find, type Missing } from "./binary.ts";
import { SELECTOR } from "./languages.ts";
import { declared, forServer, forTheStart, SECTION, type Manifest } from "./settings.ts";
import { NO_SPACE, SpaceKey } from "./space.ts";
import type { Phase, ServerState } from "./state.ts";
import { Switches, type Scope } from "./switches.ts";

/** So many ends of the server's process within so long mean that starting it again does not help. */
const DEATHS = 5;
const WITHIN_MS = 3 * 60_000;

export class Server implements Disposable {
  readonly switches = new Switches();
  readonly #context: ExtensionContext;
  readonly #log: LogOutputChannel;
  readonly #settingNames: readonly string[];
  readonly #changed = new EventEmitter<void>();
  readonly #failed = new EventEmitter<Missing | { kind: "crashing"; message: string }>();
  readonly #space = new SpaceKey(() => this.#client);
  #client: LanguageClient | undefined;
  #phase: Phase = { kind: "starting" };
  #state: ServerState | undefined;
  #deaths: number[] = [];
  /** Starts and stops follow one another. */
  #busy: Promise<void> = Promise.resolve();

  /** Something that the status bar shows has changed. */
  readonly onChanged = this.#changed.event;
  /** There is no server, and the writer has to do something about it. */
  readonly onFailed = this.#failed.event;

  constructor(context: ExtensionContext, log: LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    this.#settingNames = declared(context.extension.packageJSON as Manifest);
  }

  get phase(): Phase {
    return this.#phase;
  }

  get state(): ServerState | undefined {
    return this.#state;
  }

  /** Whether this server knows a command; an older one may not. */
  knows(command: string): boolean {
    return this.#client?.initializeResult?.capabilities.executeCommandProvider?.commands.includes(command) ?? false;
  }

  /** How the server calls a document. */
  name(document: TextDocument): string {
    return this.#client?.code2ProtocolConverter.asUri(document.uri) ?? document.uri.toString();
  }

  /** Runs one of the server's commands. */
  async run<T>(command: string, ...args: readonly unknown[]): Promise<T> {
    if (!this.#client || this.#phase.kind !== "running") {
      throw new Error("rnn-lsp is not running");
    }
    return await this.#client.sendRequest("workspace/executeCommand", { command, arguments: args });
  }

  async switch(scope: Scope, on: boolean): Promise<void> {
    const order = this.switches.set(scope, on);
    if (this.#phase.kind === "running") {
      await this.run(order.command, ...order.arguments);
    }
  }

  /** Starts the server, or starts it again with the program that the settings name now. */
  restart(): Promise<void> {
    this.#busy = this.#busy.then(async () => {
      await this.#stop();
      this.#deaths = [];
      await this.#start();
    });
    return this.#busy;
  }

  async #start(): Promise<void> {
    this.#enter({ kind: "starting" });
    const found = await find({
      setting: workspace.getConfiguration(SECTION).get("path", ""),
      path: process.env.PATH ?? "",
      extension: this.#context.extensionPath,
    });
    if (!("program" in found)) {
      this.#fail(found);
      return;
    }
    const { program, version } = found;
    this.#log.info(`starting ${program} (${version.join(".")}, from ${{ setting: "the setting", path: "PATH", bundled: "the extension" }[found.source]})`);
    const client = new LanguageClient(SECTION, "rnn-lsp", { command: program, args: ["--stdio"] }, this.#options());
    client.registerFeature(SHOWS_STATE);
    client.registerFeature(NO_SPACE);
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        void this.#switchAgain(client);
      }
    });
    client.onNotification("rnn-lsp/state", (state: ServerState) => {
      if (client === this.#client) {
        this.#state = state;
        this.#enter({ kind: "running", version: version.join("."), program });
      }
    });
    this.#client = client;
    try {
      await client.start();
    } catch (error) {
      this.#fail({ kind: "unusable", message: `The program ${program} did not start: ${error instanceof Error ? error.message : String(error)}.` });
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#state = undefined;
    await client?.dispose().catch((error: unknown) => {
      this.#log.debug("the server did not stop as it should", error);
    });
  }

  #options(): LanguageClientOptions {
    return {
      documentSelector: [...SELECTOR],
      outputChannel: this.#log,
      // A log that opens by itself while somebody writes is worse than any error in it.
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: forTheStart,
      initializationFailedHandler: () => false,
      stdioOptions: {
        stdout: () => undefined, // It is the protocol.
        stderr: (input, log) => {
          createInterface({ input }).on("line", (line) => {
            copyToLog(line, log);
          });
        },
      },
      errorHandler: {
        error: (_error, _message, count) => ({ action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown, handled: true }),
        closed: () => this.#died(),
      },
      middleware: {
        workspace: {
          configuration: (params) => params.items.map((item) => (item.section === SECTION ? forServer(this.#settingNames) : null)),
          // Only that something changed: the server then asks, and gets what the line above answers.
          didChangeConfiguration: (_sections, next) => next(undefined),
        },
      },
    };
  }

  /** The server's process ended without being asked to. */
  #died(): { action: CloseAction; handled: true; message?: string } {
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((death) => now - death < WITHIN_MS), now];
    this.#state = undefined;
    if (this.#deaths.length < DEATHS) {
      this.#enter({ kind: "starting" });
      // The client does it by itself; the writer notices a short silence.
      return { action: CloseAction.Restart, handled: true, message: "the server ended; starting it again" };
    }
    const message = `rnn-lsp ended ${DEATHS} times within ${WITHIN_MS / 60_000} minutes and is not started again.`;
    this.#fail({ kind: "crashing", message });
    return { action: CloseAction.DoNotRestart, handled: true, message };
  }

  /** A new process knows nothing of what was paused. */
  async #switchAgain(client: LanguageClient): Promise<void> {
    try {
      for (const order of this.switches.all()) {
        await client.sendRequest("workspace/executeCommand", order);
      }
    } catch (error) {
      this.#log.error("the server was not told what is paused", error);
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#changed.fire();
  }

  #fail(trouble: Missing | { kind: "crashing"; message: string }): void {
    this.#log.error(trouble.message);
    this.#enter({ kind: "failed", message: trouble.message });
    this.#failed.fire(trouble);
  }

  async dispose(): Promise<void> {
    await this.#busy.catch(() => undefined);
    await this.#stop();
    this.#space.dispose();
    this.#changed.dispose();
    this.#failed.dispose();
  }
}

/** Asks the server for `rnn-lsp/state`. */
const SHOWS_STATE: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), "rnn-lsp/state": true };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

/** One line of the server's own log, with the level that it has there. */
function copyToLog(line: string, log: LogOutputChannel): void {
  const [, level, text] = /^\S+Z\s+(ERROR|WARN|INFO|DEBUG|TRACE)\s+(.*)$/u.exec(line) ?? [];
  switch (level) {
    case "ERROR":
      log.error(text ?? line);
      break;
    case "WARN":
      log.warn(text ?? line);
      break;
    case "DEBUG":
      log.debug(text ?? line);
      break;
    case "TRACE":
      log.trace(text ?? line);
      break;
    default:
      log.info(text ?? line);
  }
}
