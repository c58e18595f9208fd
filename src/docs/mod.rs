//! The man pages, rendered from the clap tree and the operation table.
//!
//! They are generated into `man/` and committed; the program itself never renders them. What is written
//! here by hand are the paragraphs that no table can hold.

mod overview;
mod page;
mod service;

use crate::api::SERVICES;
use crate::cli::whole_tree;

/// A man page: its file's name, and what stands in the file.
pub struct ManPage {
    /// The name, as `ocelot-streaming.1`.
    pub file: String,
    /// The text, in roff.
    pub text: String,
}

/// Every man page: that of the program, and one a service.
pub fn man_pages() -> Vec<ManPage> {
    let mut root = whole_tree("ocelot");
    root.build();
    let services = SERVICES.iter().filter_map(|service| {
        let command = root.find_subcommand(service.name)?;
        Some(ManPage {
            file: format!("ocelot-{}.1", service.name),
            text: service::render(service, command),
        })
    });
    let overview = ManPage {
        file: "ocelot.1".to_owned(),
        text: overview::render(&root),
    };
    [overview].into_iter().chain(services).collect()
}
