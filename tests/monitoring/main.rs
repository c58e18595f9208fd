//! Tests of Monitoring: the engine through calls with a clock that the tests turn, and the program on a folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod alarm_changes;
mod alarm_jumps;
mod alarms;
mod chain;
mod faces;
mod gauges;
mod list;
mod model;
mod own;
mod post;
mod program;
mod receiver;
mod requests;
mod retention;
mod served;
mod simulate;
mod strict;
mod summarize;
mod support;
