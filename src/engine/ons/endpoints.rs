//! Protocols, and what an endpoint of each may be.

use serde::{Deserialize, Serialize};
use url::Url;

use super::super::delivery::Destination;
use super::super::delivery::functions::Function;
use super::super::ocid;
use crate::call::ApiError;
use crate::store::Session;

/// The longest URL, in characters. Source: behaviour.md 3.2.
const MOST_URL_CHARS: usize = 512;

/// How many digits a phone number has. Source: ITU-T E.164.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// How a subscription is delivered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Protocol {
    CustomHttps,
    Email,
    Https,
    OracleFunctions,
    #[serde(rename = "PAGERDUTY")]
    PagerDuty,
    Slack,
    Sms,
}

impl Protocol {
    const ALL: [Self; 7] = [
        Self::CustomHttps,
        Self::Email,
        Self::Https,
        Self::OracleFunctions,
        Self::PagerDuty,
        Self::Slack,
        Self::Sms,
    ];

    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CustomHttps => "CUSTOM_HTTPS",
            Self::Email => "EMAIL",
            Self::Https => "HTTPS",
            Self::OracleFunctions => "ORACLE_FUNCTIONS",
            Self::PagerDuty => "PAGERDUTY",
            Self::Slack => "SLACK",
            Self::Sms => "SMS",
        }
    }

    /// The protocol with this name, whatever the case of its letters.
    pub(super) fn named(name: &str) -> Result<Self, ApiError> {
        let found = Self::ALL
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|protocol| protocol.name()).collect();
            ApiError::invalid(format!(
                "protocol must be one of {}, not {name}",
                names.join(", ")
            ))
        })
    }

    /// Whether an endpoint has to confirm that it wants the messages. Source: behaviour.md 3.2.
    pub(super) fn needs_confirmation(self) -> bool {
        self != Self::OracleFunctions
    }

    /// The endpoint as it is kept, if it is one of this protocol. A function of this machine may be given by
    /// its name.
    pub(super) fn check_endpoint(
        self,
        session: &Session<'_>,
        endpoint: &str,
    ) -> Result<String, ApiError> {
        match self {
            Self::CustomHttps | Self::Https | Self::PagerDuty | Self::Slack => {
                check_url(self, endpoint)?;
            }
            Self::Email => check_email(endpoint)?,
            Self::Sms => check_phone_number(endpoint)?,
            Self::OracleFunctions => return function_id(session, endpoint),
        }
        Ok(endpoint.to_owned())
    }

    /// Where messages for this endpoint go.
    pub(super) fn destination(self, endpoint: &str) -> Destination {
        let endpoint = endpoint.to_owned();
        match self {
            Self::CustomHttps | Self::Https => Destination::Webhook(endpoint),
            Self::Email => Destination::Email(endpoint),
            Self::OracleFunctions => Destination::Function(endpoint),
            Self::PagerDuty => Destination::PagerDuty(endpoint),
            Self::Slack => Destination::Slack(endpoint),
            Self::Sms => Destination::Sms(endpoint),
        }
    }
}

fn check_url(protocol: Protocol, endpoint: &str) -> Result<(), ApiError> {
    let name = protocol.name();
    let length = endpoint.chars().count();
    if length > MOST_URL_CHARS {
        return Err(ApiError::invalid(format!(
            "endpoint has {length} characters; a URL may have {MOST_URL_CHARS}"
        )));
    }
    let url = Url::parse(endpoint).map_err(|error| {
        ApiError::invalid(format!(
            "endpoint of protocol {name} must be a URL, as https://example.com/hook: {endpoint} is none \
             ({error})"
        ))
    })?;
    // Plain HTTP is for webhooks on the developer's own machine; whoever delivers sees to that.
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(ApiError::invalid(format!(
            "endpoint of protocol {name} must begin with https://, not {}:",
            url.scheme()
        )));
    }
    if protocol == Protocol::CustomHttps && url.query().is_some() {
        return Err(ApiError::invalid(
            "endpoint of protocol CUSTOM_HTTPS must be a URL without query parameters",
        ));
    }
    Ok(())
}

fn check_email(endpoint: &str) -> Result<(), ApiError> {
    match endpoint.parse::<lettre::Address>() {
        Ok(_) => Ok(()),
        Err(error) => Err(ApiError::invalid(format!(
            "endpoint of protocol EMAIL must be an email address: {endpoint} is none ({error})"
        ))),
    }
}

fn check_phone_number(endpoint: &str) -> Result<(), ApiError> {
    let digits = endpoint.strip_prefix('+').unwrap_or(endpoint);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match is_number && PHONE_DIGITS.contains(&digits.len()) {
        true => Ok(()),
        false => Err(ApiError::invalid(format!(
            "endpoint of protocol SMS must be a phone number with its country's code, as +12065550100, not \
             {endpoint}"
        ))),
    }
}

/// A function in the cloud need not be known here.
fn function_id(session: &Session<'_>, endpoint: &str) -> Result<String, ApiError> {
    if ocid::is_ocid(endpoint) {
        return match endpoint.starts_with("ocid1.fnfunc.") {
            true => Ok(endpoint.to_owned()),
            false => Err(ApiError::invalid(format!(
                "endpoint of protocol ORACLE_FUNCTIONS must be the OCID of a function, not {endpoint}"
            ))),
        };
    }
    let function: Option<Function> = session.function(endpoint)?;
    function.map(|function| function.id).ok_or_else(|| {
        ApiError::invalid(format!(
            "endpoint of protocol ORACLE_FUNCTIONS must be the OCID of a function, or the name of one that \
             was added here (ocelot local function add): {endpoint} is neither"
        ))
    })
}
