//! Lists that come in pages: `--all`, `--limit` and `--page-size`.

use serde_json::Value;

use super::command::Session;
use super::error::CliError;
use super::request::Values;
use crate::call::Reply;

/// Sends the call of `values`, and goes on to further pages as its options ask.
pub(super) fn send(session: &Session, mut values: Values) -> Result<Reply, CliError> {
    let operation = session.operation;
    let all = values.is_set("all");
    let limit = values.integer("limit");
    if all && limit.is_some() {
        return Err(CliError::refused(
            "If you provide the --all option you cannot provide the --limit option",
        ));
    }
    if !operation.pages() || !(all || limit.is_some()) {
        return session.send(&values.into_call(operation));
    }
    let page_size = values.integer("page-size");
    let mut wanted = limit;
    let mut whole: Option<Reply> = None;
    loop {
        // A limit counts over all pages; asking for more than is still wanted would be waste.
        let ask = match (page_size, wanted) {
            (Some(size), Some(wanted)) => Some(size.min(wanted)),
            (size, wanted) => size.or(wanted),
        };
        if let Some(count) = ask {
            values.set("limit", count.into());
        }
        let reply = session.send(&values.clone().into_call(operation))?;
        wanted = wanted.map(|wanted| wanted - count_items(&reply));
        let next_page = reply.header("opc-next-page").map(str::to_owned);
        whole = Some(match whole {
            None => reply,
            Some(before) => joined(before, reply),
        });
        match next_page {
            Some(page) if wanted.is_none_or(|wanted| wanted > 0) => values.set("page", page.into()),
            _ => break,
        }
    }
    Ok(whole.unwrap_or_default())
}

/// The items of a reply: a bare list, or the field `items`.
fn items(reply: &mut Reply) -> Option<&mut Vec<Value>> {
    match reply.body.as_mut()? {
        Value::Array(items) => Some(items),
        Value::Object(fields) => fields.get_mut("items")?.as_array_mut(),
        _ => None,
    }
}

fn count_items(reply: &Reply) -> i64 {
    let body = reply.body.as_ref();
    let items = body.and_then(|body| body.as_array().or_else(|| body.get("items")?.as_array()));
    items.map_or(0, |items| i64::try_from(items.len()).unwrap_or(i64::MAX))
}

/// Two pages as one, with the headers of the later.
fn joined(mut before: Reply, mut after: Reply) -> Reply {
    if let (Some(first), Some(second)) = (items(&mut before), items(&mut after)) {
        first.append(second);
    }
    Reply {
        body: before.body,
        ..after
    }
}
