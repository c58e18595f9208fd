//! Lists that come in pages: `--all`, `--limit` and `--page-size`.

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use super::command::Session;
use super::error::{CliError, exit};
use super::request::Values;
use super::terminal;
use crate::api::operation::Operation;
use crate::call::{Call, Reply};
use crate::output::{self, Listing, Pages};

/// Whether the options ask for more than the page that one call gets.
pub(super) fn is_asked_for(operation: &Operation, values: &Values) -> Result<bool, CliError> {
    let all = values.is_set("all");
    let limit = values.integer("limit").is_some();
    if all && limit {
        return Err(CliError::refused(
            "If you provide the --all option you cannot provide the --limit option",
        ));
    }
    Ok(operation.pages() && operation.offers_all && (all || limit))
}

/// The first call that the options ask for.
pub(super) fn first_call(
    operation: &'static Operation,
    mut values: Values,
) -> Result<Call, CliError> {
    if is_asked_for(operation, &values)? {
        let ask = page_limit(values.integer("page-size"), values.integer("limit"));
        if let Some(count) = ask {
            values.set("limit", count.into());
        }
    }
    Ok(values.into_call(operation))
}

/// Sends the calls of `values` that its options ask for, and prints all pages as one when the last is there.
pub(super) fn print(session: &Session, values: Values) -> Result<ExitCode, CliError> {
    let mut pages = Pages::new(session.operation, &session.format);
    follow(session, values, |page| Ok(pages.add(page)?))?;
    let listing = pages.finish()?;
    write(&listing).map_err(CliError::io("write to standard output"))?;
    terminal::note(&listing.stderr);
    Ok(ExitCode::from(exit::OK))
}

/// Hands on one page after the other.
fn follow(
    session: &Session,
    mut values: Values,
    mut take: impl FnMut(Reply) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let page_size = values.integer("page-size");
    let mut wanted = values.integer("limit");
    let mut tokens = HashSet::new();
    tokens.extend(
        values
            .get("page")
            .and_then(|page| page.as_str())
            .map(str::to_owned),
    );
    loop {
        if let Some(count) = page_limit(page_size, wanted) {
            values.set("limit", count.into());
        }
        let mut page = session.send(&values.clone().into_call(session.operation))?;
        let count = i64::try_from(output::count_items(&page)).unwrap_or(i64::MAX);
        if let Some(wanted) = wanted {
            // A service may send more than it was asked for.
            output::keep_items(&mut page, wanted);
        }
        wanted = wanted.map(|wanted| wanted.saturating_sub(count));
        let next = page.header("opc-next-page").map(str::to_owned);
        take(page)?;
        let enough = wanted.is_some_and(|wanted| wanted <= 0);
        let Some(next) = next.filter(|next| !next.is_empty() && !enough) else {
            return Ok(());
        };
        if !tokens.insert(next.clone()) {
            return Err(CliError::refused(format!(
                "the service names the page {next:?} a second time, which would go on forever; nothing is \
                 printed. Get single pages with --page, and tell who runs the service."
            )));
        }
        values.set("page", next.into());
    }
}

/// How many items to ask for at a time. A limit counts over all pages; asking for more than is still wanted
/// would be waste. A page size of 0 is none.
fn page_limit(page_size: Option<i64>, wanted: Option<i64>) -> Option<i64> {
    match (page_size.filter(|size| *size != 0), wanted) {
        (Some(size), Some(wanted)) => Some(size.min(wanted)),
        (size, wanted) => size.or(wanted),
    }
}

fn write(listing: &Listing) -> io::Result<()> {
    let mut stdout = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    listing.write(&mut stdout)?;
    stdout.flush()
}
