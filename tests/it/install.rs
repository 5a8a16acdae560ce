//! `rnn-lsp completions` and `rnn-lsp man`: every command is in them.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_rnn-lsp"))
        .args(arguments)
        .output();
    output.expect("the program starts")
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let list = help.split("Commands:").nth(1).expect("a list of commands");
    let list = list.split("\n\n").next().expect("its end");
    let names = list.lines().filter(|line| line.starts_with("  "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn every_shell_completes_every_command() {
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
        assert!(script.contains("log-level"), "{shell} lacks options");
    }
    let unknown = run(&["completions", "cmd"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("bash"));
}

#[test]
fn every_command_has_a_manual_page() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH rnn-lsp 1"), "{page}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let man = folder.path().join("man1");
    printed(&["man", man.to_str().expect("text")]);
    for command in commands() {
        assert!(page.contains(&command), "the main page lacks {command}");
        let page = man.join(format!("rnn-lsp-{command}.1"));
        assert!(command == "help" || page.is_file(), "no {}", page.display());
    }
    // A file is no folder.
    let output = run(&["man", man.join("rnn-lsp.1").to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write to "));
}
