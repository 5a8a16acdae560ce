//! `rnn-lsp completions` and `rnn-lsp man`: what a package puts beside the program, made from the arguments themselves.

use super::Outcome;
use clap::Command;
use clap_complete::Shell;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell that shall complete `rnn-lsp`
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder, in place of printing the main one
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn completions(args: CompletionsArgs, mut program: Command) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "rnn-lsp", &mut script);
    print(&script)
}

pub(super) fn man(args: ManArgs, program: Command) -> Outcome {
    match args.folder {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(program).render(&mut page)?;
            print(&page)
        }
        Some(folder) => {
            std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(program, &folder))
                .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// To standard output, where a reader that has seen enough is no error.
fn print(bytes: &[u8]) -> Outcome {
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
