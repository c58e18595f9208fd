//! The page of a service: what it is, and every command of it.

use clap::Command;
use roff::bold;

use super::page::Page;
use crate::api::{Service, operations};

/// Renders the page of a service; `command` is its branch of the tree.
pub(super) fn render(service: &'static Service, command: &Command) -> String {
    let words = format!("ocelot {}", service.name);
    let is = summary(service);
    let mut page = Page::new(&format!("ocelot-{}", service.name), &in_short(is));
    page.section("SYNOPSIS");
    page.synopsis(&words, command);
    page.section("DESCRIPTION");
    page.paragraph(is);
    for paragraph in about(service.name) {
        page.paragraph(paragraph);
    }
    page.paragraph(
        "An option that takes JSON takes it inline or, as `file://`PATH, from a file. An option that takes \
         TIME takes RFC 3339, as `2026-03-14T01:02:03Z`, a date, or seconds since 1970. Every command also \
         takes the global options, such as `--query` and `--output`, that ocelot(1) lists.",
    );
    groups(&mut page, service);
    page.section("COMMANDS");
    for operation in service.operations() {
        let words = format!("ocelot {}", operation.command);
        let Some(leaf) = find(command, operation.command) else {
            continue;
        };
        page.part(&words);
        page.paragraph(operation.summary);
        page.synopsis(&words, leaf);
        page.options(leaf, |_| true);
        page.paragraph("Example:");
        page.example(operation.example);
    }
    for (words, leaf) in additional(command) {
        page.part(&words);
        page.paragraph(
            &leaf
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default(),
        );
        page.synopsis(&words, leaf);
        page.options(leaf, |_| true);
    }
    page.section("EXIT STATUS");
    page.paragraph("As in ocelot(1).");
    page.section("SEE ALSO");
    page.paragraph("ocelot(1)");
    page.render()
}

/// The commands of a branch of the tree that are no operations.
fn additional(branch: &Command) -> Vec<(String, &Command)> {
    let mut open = vec![(format!("ocelot {}", branch.get_name()), branch)];
    let mut found = Vec::new();
    while let Some((words, command)) = open.pop() {
        let inner = command.get_subcommands();
        open.extend(inner.map(|inner| (format!("{words} {}", inner.get_name()), inner)));
        let is_operation = operations().any(|one| format!("ocelot {}", one.command) == words);
        if !command.has_subcommands() && !is_operation {
            found.push((words, command));
        }
    }
    found
}

/// Lists the groups that the commands stand in.
fn groups(page: &mut Page, service: &'static Service) {
    let inner: Vec<_> = service
        .groups
        .iter()
        .filter(|(path, _)| *path != service.name)
        .collect();
    page.paragraph("The commands stand in groups:");
    for (path, sentence) in inner {
        page.entry(vec![bold(*path)], sentence);
    }
}

/// A sentence as it stands behind a name.
fn in_short(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// What a service is, in a sentence.
pub(super) fn summary(service: &Service) -> &'static str {
    let own = service
        .groups
        .iter()
        .find(|(path, _)| *path == service.name);
    own.map_or("", |(_, sentence)| sentence)
}

/// The command with these words, the first of which is that of the branch.
fn find<'c>(branch: &'c Command, words: &str) -> Option<&'c Command> {
    let mut words = words.split(' ').skip(1);
    words.try_fold(branch, |command, word| command.find_subcommand(word))
}

/// What someone who has never met the service has to know before its commands make sense.
fn about(name: &str) -> &'static [&'static str] {
    match name {
        "streaming" => &[
            "A stream is a log of messages. It has partitions, whose number is fixed when the stream is \
             created; the messages of a partition keep their order and are numbered by offsets. A message \
             is bytes, with an optional key: messages with the same key go to the same partition. Messages \
             are not used up by reading; they stay until the stream's retention has passed.",
            "Reading begins with a cursor, which stands for a place in a partition: `TRIM_HORIZON` is the \
             oldest message, `LATEST` what comes next, and an offset or a time are places between. Each read \
             returns messages and the cursor for the next read. Readers that share the work form a group: \
             a group cursor covers all partitions, each of which belongs to one reader of the group at a \
             time, and the offsets that the group has committed say where it goes on.",
            "Streams stand in stream pools, which hold settings that they share; a stream that is created \
             without one goes to the compartment's default pool. Message keys and values are base64 in \
             `--messages` and in replies; `--text`, `--file` and `--decode` take and print plain text.",
        ],
        "queue" => &[
            "A queue holds messages until they are done. A message that a consumer gets becomes invisible to \
             the others for a while; the consumer deletes it with the receipt that came with it, or moves \
             the moment when it becomes visible again. A message that was delivered too often without being \
             deleted goes to the queue's dead letter queue.",
            "Channels are lanes within a queue, which keep one sender's messages from holding up another's. \
             A consumer group gets its own copy of the messages that its filter lets through.",
        ],
        "ons" => &[
            "A topic takes messages and sends each to all of its subscriptions: to a mail address, to an \
             HTTPS address, to a function and so on. A subscription takes part once its endpoint has \
             confirmed it. (ONS stands for Oracle Notification Service.)",
        ],
        "events" => &[
            "Resources announce what happens to them as events. A rule has a condition, a JSON document that \
             an event matches or not, and actions: where to send the events that match. An action names a \
             topic (`ONS`), a stream (`OSS`) or a function (`FAAS`).",
        ],
        "monitoring" => &[
            "A metric is a series of values in a namespace, told apart by dimensions such as the resource \
             they are of. Queries and alarms are written in the Monitoring Query Language: \
             `CpuUtilization[5m]{resourceId = \"web1\"}.mean() > 80` is the mean over five minutes of one \
             resource, compared with 80. An alarm evaluates such a query again and again, and notifies its \
             destinations, which are topics or streams, when its state changes.",
        ],
        "sch" => &[
            "A connector moves data from a source to a target while it is active: from a stream, a queue, \
             logs or metrics, through an optional filter or function, to a topic, a stream, a bucket or \
             another target. (SCH stands for Service Connector Hub.)",
        ],
        _ => &[],
    }
}
