//! Tests of Queue: the engine through calls with a clock that the tests turn, and the program on a folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod batches;
mod capacity;
mod channels;
mod consumers;
mod dead_letters;
mod groups;
mod killed;
mod local;
mod messages;
mod model;
mod purge;
mod queues;
mod refusals;
mod retention;
mod served;
mod strict;
mod support;
mod text;
mod together;
mod waiting;
