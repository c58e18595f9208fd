//! Tests of Events: the engine call by call with a clock that the tests turn, and the program end to end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod emit;
mod lists;
mod program;
mod refusals;
mod reopened;
mod routing;
mod rule_test;
mod rules;
mod served;
mod troubles;
