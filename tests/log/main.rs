//! The log from outside: against a model, under kills, power cuts and flipped bytes.

mod crash;
mod faults;
mod flip;
mod model;
mod power;
mod support;
