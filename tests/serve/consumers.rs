//! Many consumers of one queue, whose server is killed again and again.
//!
//! What is checked is told by the server's own times: a delivery is its consumer's from when it was made until
//! `visibleAfter`, or until it is deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ocelot::api::operation::Method;
use ocelot::client::{Http, HttpOptions, Request, Response};
use ocelot::clock::parse_rfc3339;
use serde_json::{Value, json};

use crate::server::{COMPARTMENT, Home, PATIENCE, Server, json as body_of, text};

const CONSUMERS: usize = 32;
const PRODUCERS: usize = 2;
const KILLS: usize = 6;
const VISIBILITY_SECONDS: i64 = 30;

/// How many messages more than were deleted are put.
const MOST_WAITING: usize = 400;

/// What a consumer did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Nothing: it went away.
    Left,
    /// It deleted it, for certain.
    Deleted,
    /// It asked for that, and was refused because its time was over.
    TooLate,
    /// It asked for that, and the server was killed.
    Unknown,
}

/// A message in the hands of a consumer.
#[derive(Debug)]
struct Delivery {
    content: String,
    deliveries: i64,
    from_ms: i64,
    until_ms: i64,
    ending: Ending,
}

/// What happened, for all threads to add to.
#[derive(Default)]
struct History {
    /// Contents of requests that were answered, and of those that were not.
    put: Mutex<BTreeSet<String>>,
    perhaps_put: Mutex<Vec<Vec<String>>>,
    /// By the number of the message.
    deliveries: Mutex<BTreeMap<i64, Vec<Delivery>>>,
    /// How many messages were deleted.
    deleted: AtomicUsize,
    is_over: AtomicBool,
}

/// A connection to the server's queue, whichever process serves it.
struct Client<'h> {
    http: Http,
    /// The address of the queue.
    queue: &'h str,
}

impl<'h> Client<'h> {
    fn new(queue: &'h str) -> Self {
        let http = Http::new(HttpOptions {
            direct: true,
            ..HttpOptions::default()
        });
        Self {
            http: http.unwrap(),
            queue,
        }
    }

    /// The response, or nothing if the server went away before it gave one.
    fn ask(&self, method: Method, rest: &str, body: Option<&Value>) -> Option<Response> {
        let mut request = Request::new(method, format!("{}{rest}", self.queue));
        if let Some(body) = body {
            request.set_header("content-type", "application/json");
            request.body = Some(body.to_string().into_bytes());
        }
        let response = self.http.send(&request).ok();
        if response.is_none() {
            // Another process serves soon.
            thread::sleep(Duration::from_millis(5));
        }
        response
    }

    fn put(&self, contents: &[String], channel: &str) -> bool {
        let of = |content| json!({"content": content, "metadata": {"channelId": channel}});
        let entries: Vec<Value> = contents.iter().map(of).collect();
        let put = self.ask(
            Method::Post,
            "/messages",
            Some(&json!({ "messages": entries })),
        );
        put.is_some_and(|put| {
            assert_eq!(put.status, 200, "{}", text(&put));
            true
        })
    }

    /// Messages with their receipts; none if the server went away.
    fn get(&self) -> Vec<(i64, String, Delivery)> {
        let target = format!(
            "/messages?limit=7&timeoutInSeconds=1&visibilityInSeconds={VISIBILITY_SECONDS}"
        );
        let Some(got) = self.ask(Method::Get, &target, None) else {
            return Vec::new();
        };
        assert_eq!(got.status, 200, "{}", text(&got));
        let got = body_of(&got);
        got["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(taken)
            .collect()
    }

    /// Hides a message for longer; the time until which it is, if that is known.
    fn hide(&self, receipt: &str) -> Option<i64> {
        let longer = json!({"visibilityInSeconds": 2 * VISIBILITY_SECONDS});
        let updated = self.ask(Method::Put, &format!("/messages/{receipt}"), Some(&longer))?;
        (updated.status == 200).then(|| time_of(&body_of(&updated)["visibleAfter"]))
    }

    fn delete(&self, receipt: &str) -> Ending {
        match self.ask(Method::Delete, &format!("/messages/{receipt}"), None) {
            None => Ending::Unknown,
            Some(deleted) if deleted.status == 204 => Ending::Deleted,
            Some(refused) => {
                assert_eq!(refused.status, 404, "{}", text(&refused));
                Ending::TooLate
            }
        }
    }
}

fn time_of(value: &Value) -> i64 {
    parse_rfc3339(value.as_str().unwrap()).unwrap()
}

/// A message of a reply: its number, its receipt, and the delivery.
fn taken(message: &Value) -> (i64, String, Delivery) {
    let until_ms = time_of(&message["visibleAfter"]);
    let delivery = Delivery {
        content: message["content"].as_str().unwrap().to_owned(),
        deliveries: message["deliveryCount"].as_i64().unwrap(),
        from_ms: until_ms - VISIBILITY_SECONDS * 1000,
        until_ms,
        ending: Ending::Left,
    };
    let receipt = message["receipt"].as_str().unwrap().to_owned();
    (message["id"].as_i64().unwrap(), receipt, delivery)
}

impl History {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn produce(&self, client: &Client<'_>, producer: usize) {
        let mut request = 0;
        while !self.is_over() {
            let put = self.put.lock().unwrap().len();
            if put > self.deleted.load(Ordering::Relaxed) + MOST_WAITING {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            request += 1;
            let contents: Vec<String> = (0..10)
                .map(|nth| format!("{producer}-{request}-{nth}"))
                .collect();
            match client.put(&contents, ["a", "b", "c"][request % 3]) {
                true => self.put.lock().unwrap().extend(contents),
                false => self.perhaps_put.lock().unwrap().push(contents),
            }
        }
    }

    /// Takes messages until it is over and there are no more. Of five, one is left to others, and one is kept
    /// for longer first.
    fn consume(&self, client: &Client<'_>) {
        loop {
            let got = client.get();
            if got.is_empty() && self.is_over() {
                return;
            }
            for (id, receipt, mut delivery) in got {
                let way = (id + delivery.deliveries) % 5;
                if way == 1 {
                    delivery.until_ms = client.hide(&receipt).unwrap_or(delivery.until_ms);
                }
                if way != 0 || self.is_over() {
                    delivery.ending = client.delete(&receipt);
                }
                if delivery.ending == Ending::Deleted {
                    self.deleted.fetch_add(1, Ordering::Relaxed);
                }
                let mut all = self.deliveries.lock().unwrap();
                all.entry(id).or_default().push(delivery);
            }
        }
    }

    /// Waits until so many more messages are deleted.
    fn wait(&self, more: usize) {
        let before = self.deleted.load(Ordering::Relaxed);
        let begun = Instant::now();
        while self.deleted.load(Ordering::Relaxed) < before + more {
            assert!(begun.elapsed() < PATIENCE, "nobody gets on");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn check(self) {
        let mut seen = BTreeSet::new();
        let mut again = 0;
        for (id, mut deliveries) in self.deliveries.into_inner().unwrap() {
            deliveries.sort_by_key(|one| one.deliveries);
            again += deliveries.len() - 1;
            for pair in deliveries.windows(2) {
                let [one, next] = pair else { unreachable!() };
                assert!(one.deliveries < next.deliveries, "{id}: {pair:?}");
                assert!(
                    one.until_ms <= next.from_ms,
                    "{id} is held by two: {pair:?}"
                );
                assert_ne!(one.ending, Ending::Deleted, "{id} is back: {pair:?}");
                assert_eq!(one.content, next.content);
            }
            let content = deliveries.remove(0).content;
            assert!(seen.insert(content.clone()), "{content} is there twice");
        }
        assert!(again > 0, "nothing was left to others");
        let mut put = self.put.into_inner().unwrap();
        // A request is put wholly or not at all.
        for request in self.perhaps_put.into_inner().unwrap() {
            let there = request.iter().filter(|one| seen.contains(*one)).count();
            assert!(
                [0, request.len()].contains(&there),
                "{there} of {request:?}"
            );
            put.extend(request.into_iter().filter(|one| seen.contains(one)));
        }
        let lost: Vec<_> = put.difference(&seen).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        assert_eq!(seen.len(), put.len());
    }
}

/// Ends the work of all threads, also where a test fails.
struct End<'h>(&'h History);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// Makes a queue, and tells its address.
fn queue(server: &Server) -> String {
    let details =
        json!({"displayName": "jobs", "compartmentId": COMPARTMENT, "timeoutInSeconds": 1});
    let made = server.post("/20210201/queues", &details);
    assert_eq!(made.status, 202, "{}", text(&made));
    let list = server.get(&format!("/20210201/queues?compartmentId={COMPARTMENT}"));
    let id = body_of(&list)["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    format!("{}/20210201/queues/{id}", server.url())
}

#[test]
fn no_message_is_held_by_two_or_lost_while_the_server_is_killed() {
    let home = Home::new();
    let mut server = home.serve("");
    let address = server.address().to_owned();
    let queue = queue(&server);
    let history = History::default();
    let server = thread::scope(|scope| {
        let (history, queue) = (&history, &queue);
        let _end = End(history);
        for producer in 0..PRODUCERS {
            scope.spawn(move || history.produce(&Client::new(queue), producer));
        }
        for _ in 0..CONSUMERS {
            scope.spawn(move || history.consume(&Client::new(queue)));
        }
        for kill in 0..KILLS {
            history.wait(150 + 37 * kill);
            // What was left to others is theirs now, and so is what somebody just works on.
            home.ok("local clock advance 40s");
            history.wait(50);
            server.kill();
            server = home.serve_at(&address, "");
        }
        history.wait(50);
        server
    });
    // Nobody holds anything any more.
    home.ok("local clock advance 2m");
    let client = Client::new(&queue);
    history.consume(&client);
    let stats = body_of(&client.ask(Method::Get, "/stats", None).unwrap());
    server.stop();
    history.check();
    let counts = json!({"visibleMessages": 0, "inFlightMessages": 0, "sizeInBytes": 0});
    assert_eq!(stats["queue"], counts, "{stats}");
}
