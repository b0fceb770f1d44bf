//! Grades lab submissions: a student's own version of a lecture program, in any language, built and run in a sandbox,
//! looked at over real sockets and through its system calls.

pub mod changes;
pub mod class;
pub mod files;
pub mod form;
pub mod formats;
pub mod gather;
pub mod handed_in;
pub mod judge;
pub mod no_sandbox;
pub mod pages;
pub mod recording;
pub mod replay;
pub mod report;
pub mod results;
pub mod roster;
pub mod sheet;
pub mod similar;
pub mod submission;
pub mod told;
pub mod unpack;
