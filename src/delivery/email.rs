//! Emails: the server that takes them, and their form.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::{Mailbox, header};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message as Email, Tokio1Executor};
use url::Url;

use crate::engine::delivery::inbox::{Entry, Kept};
use crate::engine::delivery::{Destination, Task};

/// How long a server may take for each step.
const STEP: Duration = Duration::from_secs(10);

/// How long an email may take from the connection to the end.
const WHOLE: Duration = Duration::from_secs(30);

/// Who emails come from where nothing else is said.
const DEFAULT_FROM: &str = "notifications@localhost";

/// Why a text names no server for emails.
#[derive(Debug, thiserror::Error)]
#[error(
    "{text} is no address of an SMTP server ({reason}): give smtp://HOST:PORT or \
     smtps://USER:PASSWORD@HOST, and ?from=ADDRESS for the sender"
)]
pub struct SmtpError {
    text: String,
    reason: String,
}

/// A server that takes emails.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    url: String,
    from: Address,
}

impl SmtpServer {
    /// Reads `smtp://HOST:PORT` or `smtps://USER:PASSWORD@HOST`, with `?tls=required` for STARTTLS and
    /// `?from=ADDRESS` for the sender.
    pub fn parse(text: &str) -> Result<Self, SmtpError> {
        let wrong = |reason: String| SmtpError {
            text: text.to_owned(),
            reason,
        };
        let mut url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        url.set_query(None);
        let mut from = DEFAULT_FROM.to_owned();
        for (name, value) in parameters {
            match name.as_str() {
                "from" => from = value,
                _ => {
                    url.query_pairs_mut().append_pair(&name, &value);
                }
            }
        }
        let from = from
            .parse()
            .map_err(|error| wrong(format!("from is {from}: {error}")))?;
        let server = Self {
            url: url.to_string(),
            from,
        };
        server.transport().map_err(wrong)?;
        Ok(server)
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&self.url);
        let builder = builder.map_err(|error| error.to_string())?;
        Ok(builder.timeout(Some(STEP)).build())
    }
}

/// Sends emails.
pub(super) struct Mailer {
    server: SmtpServer,
}

impl Mailer {
    pub(super) fn new(server: SmtpServer) -> Self {
        Self { server }
    }

    /// Sends the message of a task. Tells why it could not.
    pub(super) async fn send(&self, task: &Task) -> Result<(), String> {
        let kept = Kept {
            destination: task.destination.clone(),
            message: task.message.clone(),
        };
        let email = form(&kept, self.server.from.clone(), None)?;
        let transport = self.server.transport()?;
        match tokio::time::timeout(WHOLE, transport.send(email)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("the SMTP server did not take it: {error}")),
            Err(_) => Err(format!(
                "the SMTP server did not take it within {} s",
                WHOLE.as_secs()
            )),
        }
    }
}

/// A message of the inbox as an email, in the form of RFC 5322.
pub fn eml(entry: &Entry) -> Result<Vec<u8>, String> {
    let from = DEFAULT_FROM.parse();
    let from = from.map_err(|error| format!("{DEFAULT_FROM} is no address: {error}"))?;
    Ok(form(&entry.message, from, Some(entry.time_ms))?.formatted())
}

fn form(kept: &Kept, from: Address, time_ms: Option<i64>) -> Result<Email, String> {
    let message = &kept.message;
    let topic = message.topic.as_ref().map(|topic| topic.name.clone());
    let subject: String = kept
        .subject()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let builder = Email::builder()
        .from(Mailbox::new(topic, from.clone()))
        .to(receiver(&kept.destination, from))
        .subject(subject)
        .message_id(Some(format!("<{}@ocelot.localhost>", message.id)));
    let builder = match time_ms {
        Some(ms) => builder.date(UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs())),
        None => builder.date_now(),
    };
    builder
        .header(header::ContentType::TEXT_PLAIN)
        .body(kept.text())
        .map_err(|error| format!("it cannot be written as an email: {error}"))
}

/// Who an email is for. What is for no email address names its endpoint before this machine's.
fn receiver(destination: &Destination, this_machine: Address) -> Mailbox {
    let endpoint = destination.endpoint();
    match destination {
        Destination::Email(address) => match address.parse() {
            Ok(address) => Mailbox::new(None, address),
            Err(_) => Mailbox::new(Some(endpoint.to_owned()), this_machine),
        },
        _ => Mailbox::new(Some(endpoint.to_owned()), this_machine),
    }
}
