//! The program in a home of its own.

pub(crate) use test_support::Program;
