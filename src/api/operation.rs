//! What the table says of one operation, and the small vocabulary its entries are written in.
//!
//! An entry lists only facts of the wire. The kind of a body parameter and whether it is required come
//! from the body's model; options that follow from a trait of the operation are derived in
//! [`super::options`].

use super::OperationId;
use super::model::{Kind, Model};

/// An HTTP method. The operations of the table use four; a raw request may have any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads what is told of a resource in headers.
    Head,
    /// Creates, and acts.
    Post,
    /// Replaces.
    Put,
    /// Replaces in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Every method, in the order in which the official command line lists them.
    pub const ALL: [Self; 6] = [
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Post,
        Self::Put,
        Self::Patch,
    ];

    /// The method with this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether a request with this method carries a body, be it an empty one.
    pub const fn carries_body(self) -> bool {
        match self {
            Self::Post | Self::Put | Self::Patch => true,
            Self::Get | Self::Head | Self::Delete => false,
        }
    }

    /// The method as HTTP spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A face of a service: the operations that share a host and a version path.
#[derive(Debug, PartialEq)]
pub struct Client {
    /// Its name in error messages (`target_service`).
    pub name: &'static str,
    /// The version that all its paths begin with, as `/20180418`.
    pub base_path: &'static str,
    /// Its address in the cloud, with `{region}` and `{secondLevelDomain}` left open.
    pub endpoint: &'static str,
}

/// What a successful reply carries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReplyBody {
    /// No body.
    Nothing,
    /// A bare string.
    Text,
    /// One object.
    Object(&'static Model),
    /// A bare list of objects.
    List(&'static Model),
}

/// Where in the request a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// A segment of the path: always text, always required.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A field of the body, whose model knows its kind.
    Body,
}

/// What takes the place of an option that was left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StandIn {
    /// The value of a global option, which documents use in place of this one.
    Global(&'static str),
    /// The value of another option of the command.
    Option(&'static str),
}

/// A parameter of an operation, and the option that fills it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// Name on the wire.
    pub wire: &'static str,
    /// One sentence for the user.
    pub help: &'static str,
    /// Where it travels.
    pub place: Place,
    /// What it holds; for a body parameter the model says.
    pub kind: Kind,
    /// Whether a request without it is refused; for a body parameter the model says.
    pub required: bool,
    /// The option's name where it is not the wire name in kebab case.
    pub renamed: Option<&'static str>,
    /// What fills it when it is left out.
    pub stand_in: Option<StandIn>,
    /// Whether the engine does without it although the service in the cloud does not.
    pub optional_here: bool,
    /// Whether keys that its model does not have are dropped, with a note, instead of sent.
    pub drops_unknown_keys: bool,
    /// Whether the service judges the items of its list one by one, so that a malformed one does not have the whole
    /// request refused.
    pub has_items_judged: bool,
}

const fn param(wire: &'static str, place: Place, help: &'static str) -> Param {
    Param {
        wire,
        help,
        place,
        kind: Kind::Text,
        required: false,
        renamed: None,
        stand_in: None,
        optional_here: false,
        drops_unknown_keys: false,
        has_items_judged: false,
    }
}

/// A parameter in the path.
pub const fn path(wire: &'static str, help: &'static str) -> Param {
    param(wire, Place::Path, help).required()
}

/// A parameter in the query string; text unless said otherwise.
pub const fn query(wire: &'static str, help: &'static str) -> Param {
    param(wire, Place::Query, help)
}

/// A parameter in a header; text unless said otherwise.
pub const fn header(wire: &'static str, help: &'static str) -> Param {
    param(wire, Place::Header, help)
}

/// A field of the body.
pub const fn body(wire: &'static str, help: &'static str) -> Param {
    param(wire, Place::Body, help)
}

impl Param {
    /// The same, but a request without it is refused.
    pub const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// The same, but holding `kind`.
    pub const fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same, but holding one of `choices`.
    pub const fn one_of(self, choices: &'static [&'static str]) -> Self {
        self.of(Kind::Choice(choices))
    }

    /// The same, but its option is called `--flag`.
    pub const fn renamed(self, flag: &'static str) -> Self {
        Self {
            renamed: Some(flag),
            ..self
        }
    }

    /// The same, but filled from the global option `--flag` when left out: a documented spelling.
    pub const fn or_global(self, flag: &'static str) -> Self {
        Self {
            stand_in: Some(StandIn::Global(flag)),
            ..self
        }
    }

    /// The same, but filled from the command's option `--flag` when left out.
    pub const fn or_option(self, flag: &'static str) -> Self {
        Self {
            stand_in: Some(StandIn::Option(flag)),
            ..self
        }
    }

    /// The same, but the engine does without it: documents leave it out.
    pub const fn optional_here(self) -> Self {
        Self {
            optional_here: true,
            ..self
        }
    }

    /// The same, but keys that its model does not have are dropped with a note: documents use some.
    pub const fn drops_unknown_keys(self) -> Self {
        Self {
            drops_unknown_keys: true,
            ..self
        }
    }

    /// The same, but the service judges the items of its list one by one.
    pub const fn with_items_judged(self) -> Self {
        Self {
            has_items_judged: true,
            ..self
        }
    }
}

/// `--if-match`: do nothing if the resource has changed.
pub const IF_MATCH: Param = header(
    "if-match",
    "Go ahead only if the resource still has this etag.",
);

/// `--page`: where to go on in a list.
pub const PAGE: Param = query("page", "Page token: the opc-next-page of the reply before.");

/// `--limit`: how much of a list to tell at once.
pub const LIMIT: Param = query("limit", "Most items in one page.").of(Kind::Integer);

/// `--work-request-id` of what asks for one.
pub const WORK_REQUEST_ID: Param = path("workRequestId", "OCID of the work request.");

/// `--sort-order`.
pub const SORT_ORDER: Param = query("sortOrder", "Order of the sorting.").one_of(&["ASC", "DESC"]);

/// `--freeform-tags` in a body.
pub const FREEFORM_TAGS: Param = body(
    "freeformTags",
    "Plain tags, as a JSON object of names and values.",
);

/// `--defined-tags` in a body.
pub const DEFINED_TAGS: Param = body(
    "definedTags",
    "Tags of a namespace, as a JSON object of namespaces with names and values.",
);

/// One operation: a REST call and the command that makes it.
#[derive(Debug, PartialEq)]
pub struct Operation {
    /// Which one it is.
    pub id: OperationId,
    /// The words of the command, as `streaming admin stream create`.
    pub command: &'static str,
    /// One sentence for the user.
    pub summary: &'static str,
    /// One command line that works.
    pub example: &'static str,
    /// The face of the service that answers it.
    pub client: &'static Client,
    /// Its HTTP method.
    pub method: Method,
    /// Its path below the client's version, with parameters in braces.
    pub path: &'static str,
    /// Its parameters, in the order that help shows.
    pub params: &'static [Param],
    /// The model of its request body.
    pub body: Option<&'static Model>,
    /// Whether a request may come without a body, which says as much as an empty object.
    pub body_is_optional: bool,
    /// What it replies.
    pub reply: ReplyBody,
    /// The operation that tells the state to wait for; the command has `--wait-for-state` then.
    pub wait: Option<OperationId>,
    /// Whether the service takes an `opc-retry-token`, so that a repeated request acts once.
    pub takes_retry_token: bool,
    /// Whether the official command line offers `--all` and `--page-size`, as it does for most lists.
    pub offers_all: bool,
}

/// What an entry of the table does not say: it takes, replies and waits for nothing.
pub(super) const OPERATION: Operation = Operation {
    id: OperationId::Streaming(super::streaming::Streaming::GetStream),
    command: "",
    summary: "",
    example: "",
    client: &Client {
        name: "",
        base_path: "",
        endpoint: "",
    },
    method: Method::Get,
    path: "",
    params: &[],
    body: None,
    body_is_optional: false,
    reply: ReplyBody::Nothing,
    wait: None,
    takes_retry_token: false,
    offers_all: true,
};

impl Operation {
    /// The operation's name as the interface description and error messages spell it: `create_stream`.
    pub fn name(&self) -> String {
        super::naming::snake(&self.id.to_string())
    }

    /// What a parameter holds.
    pub fn kind(&self, param: &Param) -> Kind {
        self.body_field(param)
            .map_or(param.kind, |field| field.kind)
    }

    /// Whether a request without the parameter is refused.
    pub fn requires(&self, param: &Param) -> bool {
        self.body_field(param)
            .map_or(param.required, |field| field.required)
    }

    fn body_field(&self, param: &Param) -> Option<&'static super::model::Field> {
        match param.place {
            Place::Body => self.body.and_then(|model| model.field(param.wire)),
            _ => None,
        }
    }

    /// Whether a reply may be one page of many.
    pub fn pages(&self) -> bool {
        self.params.contains(&PAGE)
    }

    /// Whether it moves a resource, so that the compartment it takes is where to.
    pub fn moves(&self) -> bool {
        self.path.ends_with("/actions/changeCompartment")
    }

    /// The path of a request as the server sees it, with parameters in braces.
    pub fn full_path(&self) -> String {
        format!("{}{}", self.client.base_path, self.path)
    }
}
