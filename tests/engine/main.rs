//! Tests of the engine: what Streaming answers, call by call, with a clock that the tests turn.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clock;
mod cursors;
mod durability;
mod etags;
mod full_disk;
mod groups;
mod groups_model;
mod harnesses;
mod kafka_groups;
mod lists;
mod names;
mod overview;
mod pools;
mod put;
mod retention;
mod retry_tokens;
mod streams;
mod strict;
mod support;
mod tenancies;
mod validation;
mod work_requests;
