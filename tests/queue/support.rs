//! An engine with a clock to turn, queues in it, and the program on a data folder.

use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Stdio};

use ocelot::api::{Service, queue};
use ocelot::call::{ApiError, Reply};
use ocelot::engine::{Engine, LocalRequest, QueuePart};
use serde_json::{Value, json};
pub(crate) use test_support::{
    Asked, COMPARTMENT, HOUR_MS, SECOND_MS, START_MS, printed as json_of, text,
};

const SERVICES: &[&Service] = &[&queue::SERVICE];

/// An engine under test.
pub(crate) struct Bench(test_support::Bench);

impl Deref for Bench {
    type Target = test_support::Bench;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self(test_support::Bench::new(SERVICES))
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(test_support::Bench::in_folder(SERVICES, folder))
    }

    /// One that refuses what the service in the cloud refuses.
    pub(crate) fn strict() -> Self {
        Self(test_support::Bench::strict(SERVICES))
    }

    /// The same folder, opened again at the same time.
    pub(crate) fn reopened(self) -> Self {
        Self(self.0.reopened())
    }

    /// A new queue with these settings.
    pub(crate) fn queue(&self, settings: Value) -> Queue<'_> {
        let mut details = json!({"displayName": "jobs", "compartmentId": COMPARTMENT});
        merge(&mut details, settings);
        let work = self.call("CreateQueue").body(details).ok();
        let id = self.work_on(&work);
        Queue {
            engine: &self.engine,
            id,
            group: None,
        }
    }

    /// A queue that is there already.
    pub(crate) fn at(&self, id: &str) -> Queue<'_> {
        Queue {
            engine: &self.engine,
            id: id.to_owned(),
            group: None,
        }
    }

    /// The resource that a reply's work request was on.
    pub(crate) fn work_on(&self, reply: &Reply) -> String {
        let work_id = reply.header("opc-work-request-id").unwrap();
        let call = self.call("GetWorkRequest").with("workRequestId", work_id);
        let work = call.value();
        assert_eq!(work["status"], "SUCCEEDED");
        text(&work["resources"][0]["identifier"])
    }

    /// Brings the dead letters of a queue back, and returns the report.
    pub(crate) fn redrive(&self, queue: &str, dry_run: bool) -> Value {
        let part = QueuePart {
            queue: queue.to_owned(),
            ..QueuePart::default()
        };
        let request = LocalRequest::RedriveQueue { part, dry_run };
        self.engine.control(&request).unwrap()
    }

    pub(crate) fn group(&self, queue: &Queue<'_>, details: Value) -> String {
        let mut body = json!({ "queueId": queue.id });
        merge(&mut body, details);
        let reply = self.call("CreateConsumerGroup").body(body).ok();
        self.work_on(&reply)
    }
}

fn asked<'e>(engine: &'e Engine, operation: &str) -> Asked<'e> {
    Asked::of(engine, SERVICES, operation)
}

fn merge(object: &mut Value, more: Value) {
    let more = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(more);
}

/// A queue, or its dead letters, as a consumer group sees them.
#[derive(Clone)]
pub(crate) struct Queue<'e> {
    engine: &'e Engine,
    pub(crate) id: String,
    group: Option<String>,
}

impl<'e> Queue<'e> {
    /// The same queue for the readers of a group.
    pub(crate) fn of_group(&self, group: &str) -> Self {
        Self {
            group: Some(group.to_owned()),
            ..self.clone()
        }
    }

    /// The queue's dead letters, under their own OCID.
    pub(crate) fn dead_letters(&self) -> Self {
        let shown = asked(self.engine, "GetQueue").with("queueId", &self.id);
        let tags = &shown.value()["systemTags"]["ocelot"];
        Self {
            id: text(&tags["deadLetterQueueId"]),
            ..self.clone()
        }
    }

    pub(crate) fn call(&self, operation: &str) -> Asked<'e> {
        let call = asked(self.engine, operation).with("queueId", &self.id);
        match &self.group {
            Some(group) => call.with("consumerGroupId", group),
            None => call,
        }
    }

    /// Puts messages, and returns their ids.
    pub(crate) fn put(&self, contents: &[&str]) -> Vec<i64> {
        self.put_to(None, contents)
    }

    pub(crate) fn put_to(&self, channel: Option<&str>, contents: &[&str]) -> Vec<i64> {
        let messages = contents.iter().map(|content| match channel {
            None => json!({ "content": content }),
            Some(channel) => json!({"content": content, "metadata": {"channelId": channel}}),
        });
        self.put_all(messages.collect())
    }

    pub(crate) fn put_all(&self, messages: Vec<Value>) -> Vec<i64> {
        let call = asked(self.engine, "PutMessages").with("queueId", &self.id);
        let reply = call.body(json!({ "messages": messages })).value();
        let put = reply["messages"].as_array().unwrap();
        assert_eq!(put.len(), messages.len());
        put.iter().map(|one| one["id"].as_i64().unwrap()).collect()
    }

    /// Gets messages without waiting.
    pub(crate) fn get(&self, limit: usize) -> Vec<Got> {
        self.get_with(limit, &[])
    }

    pub(crate) fn get_with(&self, limit: usize, more: &[(&'static str, &str)]) -> Vec<Got> {
        let mut call = self.call("GetMessages").with("timeoutInSeconds", "0");
        call = call.with("limit", &limit.to_string());
        for (wire, value) in more {
            call = call.with(wire, value);
        }
        let reply = call.value();
        let messages = reply["messages"].as_array().unwrap().iter();
        messages.map(Got::of).collect()
    }

    pub(crate) fn contents(&self, limit: usize) -> Vec<String> {
        let got = self.get(limit).into_iter();
        got.map(|message| message.content).collect()
    }

    pub(crate) fn delete(&self, receipt: &str) -> Result<Reply, ApiError> {
        let call = self.call("DeleteMessage");
        call.with("messageReceipt", receipt).answer()
    }

    pub(crate) fn hide(&self, receipt: &str, seconds: i64) -> Result<Reply, ApiError> {
        let call = self.call("UpdateMessage").with("messageReceipt", receipt);
        call.body(json!({ "visibilityInSeconds": seconds }))
            .answer()
    }

    /// Visible and in flight, in the queue and among its dead letters.
    pub(crate) fn stats(&self) -> [i64; 4] {
        let stats = self.call("GetStats").value();
        ["queue", "dlq"]
            .into_iter()
            .flat_map(|part| {
                ["visibleMessages", "inFlightMessages"]
                    .map(|field| stats[part][field].as_i64().unwrap())
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    }

    pub(crate) fn channels(&self) -> Vec<String> {
        let reply = self.call("ListChannels").value();
        reply["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect()
    }
}

/// A message that was got.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Got {
    pub(crate) id: i64,
    pub(crate) content: String,
    pub(crate) receipt: String,
    pub(crate) deliveries: i64,
    pub(crate) channel: String,
    pub(crate) value: Value,
}

impl Got {
    fn of(message: &Value) -> Self {
        Self {
            id: message["id"].as_i64().unwrap(),
            content: text(&message["content"]),
            receipt: text(&message["receipt"]),
            deliveries: message["deliveryCount"].as_i64().unwrap(),
            channel: text(&message["metadata"]["channelId"]),
            value: message.clone(),
        }
    }
}

/// The program in a home of its own.
pub(crate) struct Program(test_support::Program);

impl Deref for Program {
    type Target = test_support::Program;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Program {
    pub(crate) fn new() -> Self {
        Self(test_support::Program::new())
    }

    /// A run whose output is kept for whoever waits for its end.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = self.0.command(line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a line that goes well, and returns what it printed.
    pub(crate) fn run(&self, line: &str) -> Value {
        json_of(&self.output(line))
    }

    /// Creates a queue with the name `jobs`.
    pub(crate) fn queue(&self, options: &str) {
        self.run(&format!(
            "queue queue-admin queue create --display-name jobs {options}"
        ));
    }
}
