//! The command line: parse arguments, call the library, turn an error into an exit code.
//!
//! Each subcommand's arguments and `run` live in a file of their own. This layer alone may print to standard output.

mod eval;
mod install;
mod learned;
mod mix;
mod predict;
mod serve;
mod train;
mod r#try;
mod version;
mod words;

use clap::{CommandFactory, Parser, Subcommand};
use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;

/// What a subcommand ends with: an exit code, or an error that is printed on one line.
type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// Next words of prose from a small recurrent network, on your own CPU.
#[derive(Debug, Parser)]
#[command(
    name = "rnn-lsp",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "`rnn-lsp --version --verbose` says which model is built in and what of this processor is used."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve an editor over standard input and output (what plain `rnn-lsp` does)
    Serve(serve::Args),
    /// Train a model on files and folders of text
    Train(Box<train::Args>),
    /// Give a model a table of what its corpus says, and learn how far to trust it and the document's own words
    Mix(mix::Args),
    /// Measure a model on texts: perplexity, accuracy, keystrokes saved, latency
    Eval(eval::Args),
    /// Read text on standard input and print what may come next
    Predict(predict::Args),
    /// What was learned from your prose
    Status(learned::StatusArgs),
    /// Learn files and folders of prose now
    Learn(learned::LearnArgs),
    /// Forget a file, a folder, a word, or everything
    Forget(learned::ForgetArgs),
    /// Learn and offer a word again that was forgotten
    Allow(learned::AllowArgs),
    /// Take back the weights that were tuned last, and use those before them
    Rollback,
    /// Write what was learned into one file, to take it to another machine
    Export(learned::ExportArgs),
    /// Take over what `export` wrote
    Import(learned::ImportArgs),
    /// Give a model the words of several tokens that stand in a corpus; training does it by itself
    Words(words::Args),
    /// A writing pad in the terminal, with suggestions as you type
    Try(r#try::Args),
    /// Print a script that completes `rnn-lsp` in a shell
    Completions(install::CompletionsArgs),
    /// Print the manual page
    Man(install::ManArgs),
}

/// The program. Exit code 0 is success, 1 an error, 2 wrong arguments.
pub fn main() -> ExitCode {
    let typed_nothing = std::env::args_os().len() == 1;
    // `--version` ends the parsing of arguments, so what goes with it is looked for before.
    if version::is_asked_for(std::env::args_os().skip(1)) {
        return exit(version::run());
    }
    let arguments = Arguments::parse();
    if typed_nothing && std::io::stdin().is_terminal() {
        // An editor never starts a server on a terminal: this is a person looking around.
        return match Arguments::command().print_help() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let outcome = match arguments.command {
        None => serve::run(arguments.serve),
        Some(Command::Serve(args)) => serve::run(args),
        Some(Command::Train(args)) => train::run(*args),
        Some(Command::Mix(args)) => mix::run(args),
        Some(Command::Eval(args)) => eval::run(args),
        Some(Command::Predict(args)) => predict::run(args),
        Some(Command::Status(args)) => learned::status(args),
        Some(Command::Learn(args)) => learned::learn(args),
        Some(Command::Forget(args)) => learned::forget(args),
        Some(Command::Allow(args)) => learned::allow(args),
        Some(Command::Rollback) => learned::rollback(),
        Some(Command::Export(args)) => learned::export(args),
        Some(Command::Import(args)) => learned::import(args),
        Some(Command::Words(args)) => words::run(args),
        Some(Command::Try(args)) => r#try::run(args),
        Some(Command::Completions(args)) => install::completions(args, Arguments::command()),
        Some(Command::Man(args)) => install::man(args, Arguments::command()),
    };
    exit(outcome)
}

fn exit(outcome: Outcome) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        // Who reads has seen enough (`rnn-lsp status | head`).
        let cause = error.downcast_ref::<std::io::Error>();
        if cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_may_stop() {
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(exit(Err(broken.into())), ExitCode::SUCCESS);
        assert_eq!(exit(Err("x".into())), ExitCode::FAILURE);
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_editor_may_start_it_in_any_of_these_ways() {
        for line in [
            "rnn-lsp",
            "rnn-lsp --stdio",
            "rnn-lsp serve",
            "rnn-lsp serve --stdio --log-level debug",
            "rnn-lsp --stdio --clientProcessId=12",
            "rnn-lsp --model m.safetensors --log-file l",
        ] {
            Arguments::try_parse_from(line.split(' '))
                .unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
