//! What endpoints of each protocol are sent.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::http::{ENDPOINT_TIMEOUT, MOST_ANSWER_BYTES};
use crate::engine::delivery::Message;

/// The longest summary of an incident, in characters. Source: PagerDuty, Events API v2.
const MOST_SUMMARY_CHARS: usize = 1024;

/// A POST in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Post {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// How long the exchange may take.
    pub timeout: Duration,
    /// Most bytes of the answer that are read.
    pub most_answer_bytes: usize,
}

/// The content type of a text that may be JSON.
pub(super) fn content_type(body: &str) -> &'static str {
    match serde_json::from_str::<serde::de::IgnoredAny>(body) {
        Ok(_) => "application/json",
        Err(_) => "text/plain; charset=utf-8",
    }
}

/// The message as it was published, with the service's headers. Source: behaviour.md 3.3 and 3.5; without
/// the signature, whose form is not known.
pub(super) fn webhook(url: &str, message: &Message) -> Post {
    let mut headers = vec![("x-oci-ns-messageid", message.id.clone())];
    if let Some(topic) = &message.topic {
        headers.push(("x-oci-ns-topicocid", topic.id.clone()));
        headers.push(("x-oci-ns-topicname", topic.name.clone()));
    }
    if let Some(recipient) = &message.recipient {
        headers.push(("x-oci-ns-unsubscribeurl", recipient.unsubscribe_url.clone()));
    }
    let (kind, body) = match &message.confirmation {
        None => ("Notification", message.body.clone()),
        Some(confirmation) => {
            headers.push(("x-oci-ns-confirmationurl", confirmation.url.clone()));
            let recipient = message.recipient.as_ref();
            let subscription_id = recipient.map(|recipient| recipient.subscription_id.clone());
            headers.push((
                "x-oci-ns-subscriptionid",
                subscription_id.unwrap_or_default(),
            ));
            let topic = message.topic.as_ref();
            let body = json!({
                "ConfirmationURL": confirmation.url,
                "TopicOcid": topic.map(|topic| &topic.id),
                "TopicName": topic.map(|topic| &topic.name),
                "Message": message.body,
            });
            ("SubscriptionConfirmation", body.to_string())
        }
    };
    headers.push(("x-oci-ns-messagetype", kind.to_owned()));
    headers.push(("content-type", content_type(&body).to_owned()));
    Post {
        url: url.to_owned(),
        headers,
        body,
        timeout: ENDPOINT_TIMEOUT,
        most_answer_bytes: MOST_ANSWER_BYTES,
    }
}

fn json_post(url: String, body: &Value) -> Post {
    Post {
        url,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.to_string(),
        timeout: ENDPOINT_TIMEOUT,
        most_answer_bytes: MOST_ANSWER_BYTES,
    }
}

/// Source of the form: Slack, incoming webhooks.
pub(super) fn slack(url: &str, message: &Message) -> Post {
    json_post(url.to_owned(), &json!({"text": message.body}))
}

/// Source of the form: PagerDuty, Events API v2. The key of the integration is part of the endpoint:
/// `…/integration/KEY/enqueue`.
pub(super) fn pager_duty(url: &str, message: &Message) -> Post {
    let topic = message.topic.as_ref();
    let summary = match (&message.confirmation, &message.title) {
        (Some(_), _) => "Confirm the subscription of this integration",
        (None, Some(title)) if !title.trim().is_empty() => title,
        (None, _) => &message.body,
    };
    let summary: String = summary.chars().take(MOST_SUMMARY_CHARS).collect();
    let details: Value =
        serde_json::from_str(&message.body).unwrap_or_else(|_| message.body.as_str().into());
    let body = json!({
        "routing_key": routing_key(url),
        "event_action": "trigger",
        "dedup_key": message.id,
        "payload": {
            "summary": summary,
            "source": topic.map_or("ocelot", |topic| &topic.name),
            "severity": "error",
            "custom_details": {"message": details},
        },
    });
    json_post(url.to_owned(), &body)
}

fn routing_key(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let mut segments = url.path_segments()?;
    segments.find(|segment| *segment == "integration")?;
    segments.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_integration_is_in_its_url() {
        let key = routing_key("https://events.pagerduty.com/integration/0123abcd/enqueue");
        assert_eq!(key.as_deref(), Some("0123abcd"));
        assert_eq!(routing_key("https://events.pagerduty.com/v2/enqueue"), None);
    }

    #[test]
    fn json_is_told_from_text() {
        assert_eq!(content_type("{\"a\": 1}"), "application/json");
        assert_eq!(content_type("disk full"), "text/plain; charset=utf-8");
    }
}
