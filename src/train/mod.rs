//! From a corpus to a model. Imports `text`, `nn`, `model` and `eval`.

pub mod checkpoint;
mod compounds;
pub mod corpus;
pub mod export;
pub mod files;
pub mod folder;
pub mod gates;
pub mod known;
pub mod network;
pub mod ngram;
pub mod optim;
pub mod prepare;
pub mod report;
pub mod run;
pub mod shards;
pub mod streams;
mod threads;
pub mod trainer;
