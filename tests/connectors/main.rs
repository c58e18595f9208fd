//! Tests of Connector Hub: the engine call by call with a clock that the tests turn, and the program end to end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod chain;
mod failing_functions;
mod functions;
mod killed;
mod logs;
mod measured;
mod metrics;
mod objects;
mod operations;
mod program;
mod queues;
mod refusals;
mod s3;
mod served;
mod set_back;
mod streams;
mod tombstones;
mod traces;
mod updates;
