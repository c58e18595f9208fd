//! A server of the built program, on a data folder of its own.

pub(crate) use test_support::{Home, PATIENCE, finish as run, is_private};
