//! `rnn-lsp --version --verbose`: what a report of a problem should say.

use super::Outcome;
use crate::model::{Config, Model};
use crate::nn::simd::{self, int8};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Whether these arguments ask for it.
pub(super) fn is_asked_for(arguments: impl Iterator<Item = OsString>) -> bool {
    let mut arguments: Vec<OsString> = arguments.collect();
    arguments.sort();
    arguments == ["--verbose", "--version"] || arguments == ["--verbose", "-V"]
}

/// The program, its model, and what it uses of the processor.
pub(super) fn run() -> Outcome {
    let model = Model::shipped();
    let Config {
        vocabulary,
        embedding,
        hidden,
        layers,
    } = *model.config();
    let megabytes = model.file_bytes() as f64 / 1e6;
    let checksum = model.identity();
    let system = (std::env::consts::OS, std::env::consts::ARCH);
    let [used, others @ ..] = &int8::kernel_names()[..] else {
        return Err("no kernel at all".into());
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "rnn-lsp {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "system    {} {}", system.0, system.1)?;
    writeln!(
        out,
        "model     built in: {layers} layers of {hidden}, embedding {embedding}, {vocabulary} tokens, {megabytes:.1} MB, \
         checksum {checksum:08x}"
    )?;
    writeln!(
        out,
        "suggests  with {used}, 8 bits (there are also: {})",
        others.join(", ")
    )?;
    writeln!(out, "trains    with {}, 32 bits", simd::cpu())?;
    Ok(ExitCode::SUCCESS)
}
