//! The real server over an in-memory pipe, and over the real binary's standard input and output.

mod binary;
mod disk;
mod editor;
mod faults;
mod idle;
mod learning;
mod manners;
mod order;
mod protocol;
mod settings;
mod state;
mod training;
mod words;
