//! The `ocelot` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    ocelot::cli::main()
}
