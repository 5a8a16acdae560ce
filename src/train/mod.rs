//! From a corpus to a model. Imports `text`, `nn`, `model` and `eval`.

pub mod shards;
pub mod streams;
