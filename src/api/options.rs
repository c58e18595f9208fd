//! The options of a command: those of its parameters, and those that follow from its traits.

use std::borrow::Cow;

use super::model::Kind;
use super::naming;
use super::operation::{Method, Operation, Param, Place, ReplyBody};

/// What an option takes after its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// One value.
    Value(Kind),
    /// One value each time it is given.
    Values(Kind),
}

/// Where an option's value goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Into a parameter of the request.
    Param(&'static Param),
    /// `--force`: no question before something is lost.
    Force,
    /// `--all`: every page.
    All,
    /// `--page-size`: how much to ask for at a time.
    PageSize,
    /// `--wait-for-state`.
    WaitForState,
    /// `--max-wait-seconds`.
    MaxWaitSeconds,
    /// `--wait-interval-seconds`.
    WaitIntervalSeconds,
    /// `--from-json`: a document that holds any of the options.
    FromJson,
}

/// One option of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandOption {
    /// Its name, without the dashes before it.
    pub flag: Cow<'static, str>,
    /// One sentence for the user.
    pub help: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether the command cannot do without it.
    pub required: bool,
    /// Where its value goes.
    pub source: Source,
}

impl CommandOption {
    fn derived(flag: &'static str, source: Source, takes: Takes, help: &'static str) -> Self {
        Self {
            flag: Cow::Borrowed(flag),
            help,
            takes,
            required: false,
            source,
        }
    }

    /// The kind of its value, if it takes one.
    pub fn kind(&self) -> Option<Kind> {
        match self.takes {
            Takes::Nothing => None,
            Takes::Value(kind) | Takes::Values(kind) => Some(kind),
        }
    }

    /// The letter that stands for it, as `-c`. The official command line gives one to a single option.
    pub fn letter(&self) -> Option<char> {
        (self.flag == "compartment-id").then_some('c')
    }

    /// Its name as a key of a `--from-json` document.
    pub fn json_key(&self) -> String {
        naming::camel(&self.flag)
    }
}

impl Operation {
    /// Every option of the command, but for the global ones.
    pub fn options(&self) -> Vec<CommandOption> {
        let mut options: Vec<_> = self.params.iter().map(|p| self.option_of(p)).collect();
        if self.asks_before() {
            options.push(CommandOption::derived(
                "force",
                Source::Force,
                Takes::Nothing,
                "Do not ask before something is lost.",
            ));
        }
        if let Some(states) = self.wait_states() {
            options.extend(wait_options(states));
        }
        if self.pages() && self.offers_all {
            options.extend(paging_options());
        }
        options.push(CommandOption::derived(
            "from-json",
            Source::FromJson,
            Takes::Value(Kind::Text),
            "JSON document with any of these options, inline or as file://PATH; options on the line win.",
        ));
        options
    }

    fn option_of(&self, param: &'static Param) -> CommandOption {
        CommandOption {
            flag: param.flag(),
            help: param.help,
            takes: Takes::Value(self.kind(param)),
            required: self.requires(param),
            source: Source::Param(param),
        }
    }

    /// Whether the command asks before it acts: it deletes, or it replaces a whole JSON value.
    pub fn asks_before(&self) -> bool {
        self.method == Method::Delete || self.params.iter().any(|param| self.replaces(param))
    }

    /// Whether a parameter takes the place of a whole JSON value that the resource has.
    pub fn replaces(&self, param: &Param) -> bool {
        self.method == Method::Put
            && param.place == Place::Body
            && !self.requires(param)
            && self.kind(param).is_json()
    }

    /// The states that `--wait-for-state` takes.
    pub fn wait_states(&self) -> Option<&'static [&'static str]> {
        let polled = self.wait?.operation()?;
        let ReplyBody::Object(model) = polled.reply else {
            return None;
        };
        match model.field(polled.state_field())?.kind {
            Kind::Choice(states) => Some(states),
            _ => None,
        }
    }

    /// The field of this operation's reply that tells the state: work requests call it `status`.
    pub fn state_field(&self) -> &'static str {
        match self.reply {
            ReplyBody::Object(model) if model.field("lifecycleState").is_some() => "lifecycleState",
            _ => "status",
        }
    }
}

impl Param {
    /// The option's name, without the dashes before it.
    pub fn flag(&self) -> Cow<'static, str> {
        match self.renamed {
            Some(flag) => Cow::Borrowed(flag),
            None => Cow::Owned(naming::kebab(self.wire)),
        }
    }
}

fn wait_options(states: &'static [&'static str]) -> [CommandOption; 3] {
    [
        CommandOption::derived(
            "wait-for-state",
            Source::WaitForState,
            Takes::Values(Kind::Choice(states)),
            "State to wait for before returning; give it again for any of several.",
        ),
        CommandOption::derived(
            "max-wait-seconds",
            Source::MaxWaitSeconds,
            Takes::Value(Kind::Integer),
            "Seconds to wait at most (default 1200).",
        ),
        CommandOption::derived(
            "wait-interval-seconds",
            Source::WaitIntervalSeconds,
            Takes::Value(Kind::Integer),
            "Seconds between two looks at the state (default 30).",
        ),
    ]
}

fn paging_options() -> [CommandOption; 2] {
    [
        CommandOption::derived(
            "all",
            Source::All,
            Takes::Nothing,
            "Fetch every page, not just the first.",
        ),
        CommandOption::derived(
            "page-size",
            Source::PageSize,
            Takes::Value(Kind::Integer),
            "Items to ask for in one request, with --all or --limit.",
        ),
    ]
}
