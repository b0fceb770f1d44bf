//! The book beside the slides, from `lab-notes/` and from what the programs really do: listings are the compiled sources,
//! calls and pictures are traces, transcripts are runs, all of them made when the book is built.

pub mod book;
pub mod check;
mod code;
pub mod data;
mod directives;
mod figures;
pub mod glossary;
mod ladder;
pub mod pages;
pub mod pdf;
pub mod play;
pub mod questions;
pub mod real;
mod search;
pub mod serve;
mod states;
mod teaching;
