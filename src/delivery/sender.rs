//! One attempt at one delivery.

use super::CourierOptions;
use super::email::Mailer;
use super::forms::{self, Post};
use super::function::{self, Wanted};
use super::http::Http;
use super::objects::Objects;
use super::shipment::{self, Shipped};
use crate::engine::delivery::functions::Run;
use crate::engine::delivery::{Delivery, Destination, Outcome};
use crate::engine::sch::Shipment;

/// What came of an attempt.
pub(super) struct Attempt {
    /// The number of the delivery.
    pub id: i64,
    /// Where it was to go, without what is secret in it.
    pub place: String,
    /// What came of it, or why it has not arrived.
    pub result: Result<Outcome, String>,
    /// The run of a function, with the function's OCID.
    pub run: Option<(String, Run)>,
}

impl Attempt {
    fn of(delivery: &Delivery, result: Result<Outcome, String>) -> Self {
        Self {
            id: delivery.id,
            place: delivery.task.destination.place().into_owned(),
            result,
            run: None,
        }
    }

    /// An attempt for which there was no time any more.
    pub(super) fn cut_off(delivery: &Delivery) -> Self {
        let reason = "there was no answer in the time that --delivery-timeout allows";
        Self::of(delivery, Err(reason.to_owned()))
    }
}

/// Sends to endpoints of all kinds.
pub(super) struct Sender {
    http: Http,
    objects: Objects,
    mailer: Option<Mailer>,
}

impl Sender {
    pub(super) fn new(options: CourierOptions) -> Self {
        Self {
            http: Http::new(options.allow_http, options.deny_private_networks),
            objects: Objects::new(options.objects),
            mailer: options.smtp.map(Mailer::new),
        }
    }

    /// Tries a shipment of a connector once.
    pub(super) async fn ship(&self, shipment: Shipment) -> Shipped {
        shipment::ship(&self.http, &self.objects, shipment).await
    }

    /// Tries a delivery once.
    pub(super) async fn attempt(&self, delivery: &Delivery) -> Attempt {
        let message = &delivery.task.message;
        let result = match &delivery.task.destination {
            Destination::Webhook(url) => self.post(forms::webhook(url, message)).await,
            Destination::Slack(url) => self.post(forms::slack(url, message)).await,
            Destination::PagerDuty(url) => self.post(forms::pager_duty(url, message)).await,
            Destination::Sms(_) => Ok(Outcome::KeptInInbox),
            Destination::Email(_) => match &self.mailer {
                None => Ok(Outcome::KeptInInbox),
                Some(mailer) => {
                    let sent = mailer.send(&delivery.task).await;
                    sent.map(|()| Outcome::Delivered)
                }
            },
            Destination::Function(_) => return self.run_function(delivery).await,
        };
        Attempt::of(delivery, result)
    }

    async fn post(&self, post: Post) -> Result<Outcome, String> {
        let answer = self.http.post(post).await;
        let delivered = answer.map(|_| Outcome::Delivered);
        delivered.map_err(|failure| failure.reason)
    }

    async fn run_function(&self, delivery: &Delivery) -> Attempt {
        let Some(function) = &delivery.function else {
            let reason = "there is no such function here: ocelot local function add gives one";
            return Attempt::of(delivery, Err(reason.to_owned()));
        };
        let body = &delivery.task.message.body;
        let run = function::run(&self.http, function, body, Wanted::Beginning).await;
        let result = match run.succeeded {
            true => Ok(Outcome::Delivered),
            false => Err(format!(
                "the function {} failed: ocelot local function logs {} shows its output",
                function.name, function.name
            )),
        };
        Attempt {
            run: Some((function.id.clone(), run)),
            ..Attempt::of(delivery, result)
        }
    }
}
