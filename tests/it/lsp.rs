//! The real server over an in-memory pipe, and over the real binary's standard input and output.

mod binary;
mod editor;
mod faults;
mod learning;
mod manners;
mod order;
mod protocol;
mod settings;
mod state;
mod training;
mod words;
