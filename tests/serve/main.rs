//! `ocelot serve` end to end: its life, REST, TLS, limits, and the commands and programs that use it.

mod hostile;
mod life;
mod programs;
mod reach;
mod rest;
mod server;
mod tls;
mod wire;
