use std::process::ExitCode;

fn main() -> ExitCode {
    rnn_lsp::cli::main()
}
