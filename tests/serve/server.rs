//! A server of the built program, on a data folder of its own, and what can be asked of it.

pub(crate) use test_support::{
    COMPARTMENT, Home, PATIENCE, Server, body_of as json, finish as run, is_private,
    text_of as text,
};
