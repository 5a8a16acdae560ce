//! From a corpus to a model. Imports `text`, `nn`, `model` and `eval`.

pub mod network;
pub mod optim;
pub mod shards;
pub mod streams;
pub mod trainer;
