//! Two tenancies in one data folder: neither sees, changes or stands in the way of what the other has.

use ocelot::call::{ApiError, LOCAL_TENANCY, Reply};
use serde_json::{Value, json};

use crate::support::{Asked, Bench, COMPARTMENT, message, text};

const OURS: &str = "ocid1.tenancy.oc1..ours";
const OTHERS: &str = "ocid1.tenancy.oc1..others";

/// Makes a call of someone of this tenancy.
fn by<'b>(tenancy: &str, mut call: Asked<'b>) -> Asked<'b> {
    tenancy.clone_into(&mut call.call.origin.tenancy_id);
    call
}

/// A bench where OURS has one of everything, in a compartment that OTHERS name as well.
struct Shared {
    bench: Bench,
    pool: String,
    stream: String,
    harness: String,
    work_request: String,
    cursor: String,
    group_cursor: String,
}

impl Shared {
    fn new() -> Self {
        let bench = Bench::new();
        let ours = |operation: &str| by(OURS, bench.call(operation));
        let named = |name: &str| json!({"name": name, "compartmentId": COMPARTMENT});
        let pool = ours("CreateStreamPool").body(named("shop")).value();
        let details = json!({"name": "orders", "partitions": 2, "streamPoolId": pool["id"]});
        let created = ours("CreateStream").body(details).ok();
        let stream = text(&created.body.as_ref().unwrap()["id"]);
        let work_request = created.header("opc-work-request-id").unwrap().to_owned();
        let harness = ours("CreateConnectHarness").body(named("connect")).value();
        let cursor = ours("CreateCursor")
            .with("streamId", &stream)
            .body(json!({"type": "TRIM_HORIZON"}))
            .value();
        let group_cursor = ours("CreateGroupCursor")
            .with("streamId", &stream)
            .body(json!({"groupName": "g", "type": "TRIM_HORIZON"}))
            .value();
        Self {
            pool: text(&pool["id"]),
            stream,
            harness: text(&harness["id"]),
            work_request,
            cursor: text(&cursor["value"]),
            group_cursor: text(&group_cursor["value"]),
            bench,
        }
    }

    /// Every call that names a resource of OURS by its OCID.
    fn calls(&self) -> Vec<Asked<'_>> {
        let call = |operation: &str| self.bench.call(operation);
        let pool = |operation: &str| call(operation).with("streamPoolId", &self.pool);
        let stream = |operation: &str| call(operation).with("streamId", &self.stream);
        let harness = |operation: &str| call(operation).with("connectHarnessId", &self.harness);
        let work = |operation: &str| call(operation).with("workRequestId", &self.work_request);
        let elsewhere = json!({"compartmentId": "ocid1.compartment.oc1..elsewhere"});
        let tags = json!({"freeformTags": {"a": "b"}});
        vec![
            pool("GetStreamPool"),
            pool("UpdateStreamPool").body(tags.clone()),
            pool("ChangeStreamPoolCompartment").body(elsewhere.clone()),
            pool("DeleteStreamPool"),
            stream("GetStream"),
            stream("UpdateStream").body(tags.clone()),
            stream("ChangeStreamCompartment").body(elsewhere.clone()),
            stream("DeleteStream"),
            stream("PutMessages").body(json!({"messages": [message(None, "a")]})),
            stream("GetMessages").with("cursor", &self.cursor),
            stream("GetMessages").with("cursor", &self.group_cursor),
            stream("CreateCursor").body(json!({"type": "TRIM_HORIZON"})),
            stream("CreateGroupCursor").body(json!({"groupName": "g", "type": "TRIM_HORIZON"})),
            stream("ConsumerCommit").with("cursor", &self.group_cursor),
            stream("ConsumerHeartbeat").with("cursor", &self.group_cursor),
            stream("GetGroup").with("groupName", "g"),
            stream("UpdateGroup")
                .with("groupName", "g")
                .body(json!({"type": "LATEST"})),
            harness("GetConnectHarness"),
            harness("UpdateConnectHarness").body(tags),
            harness("ChangeConnectHarnessCompartment").body(elsewhere),
            harness("DeleteConnectHarness"),
            work("GetWorkRequest"),
            work("ListWorkRequestErrors"),
            work("ListWorkRequestLogs"),
            call("CreateStream").body(json!({
                "name": "intruder", "partitions": 1, "streamPoolId": self.pool,
            })),
        ]
    }

    /// What OURS sees.
    fn look(&self) -> Vec<Result<Reply, ApiError>> {
        let get = |operation: &str| by(OURS, self.bench.call(operation));
        vec![
            get("GetStreamPool")
                .with("streamPoolId", &self.pool)
                .answer(),
            get("GetStream").with("streamId", &self.stream).answer(),
            get("GetConnectHarness")
                .with("connectHarnessId", &self.harness)
                .answer(),
            get("GetMessages")
                .with("streamId", &self.stream)
                .with("cursor", &self.cursor)
                .answer()
                .map(|reply| Reply::ok(reply.body.unwrap())),
            get("GetGroup")
                .with("streamId", &self.stream)
                .with("groupName", "g")
                .answer(),
            get("ListWorkRequests")
                .with("compartmentId", COMPARTMENT)
                .answer(),
        ]
    }
}

#[test]
fn what_others_have_is_unknown_as_if_it_did_not_exist() {
    let shared = Shared::new();
    let before = shared.look();
    assert!(before.iter().all(Result::is_ok), "{before:?}");
    for tenancy in [OTHERS, LOCAL_TENANCY] {
        for call in shared.calls() {
            let name = call.call.operation.id;
            let error = by(tenancy, call).answer().expect_err(&name.to_string());
            assert_eq!(
                (error.status, &*error.code),
                (404, "NotAuthorizedOrNotFound"),
                "{name}"
            );
        }
    }
    assert_eq!(shared.look(), before);
    // The same calls are fine for those whose resources they are, deletions aside.
    for call in shared.calls() {
        let name = call.call.operation.id.to_string();
        if !name.starts_with("Delete") && !name.starts_with("Update") {
            by(OURS, call).ok();
        }
    }
}

#[test]
fn an_unknown_id_and_one_of_others_are_refused_in_the_same_words() {
    let shared = Shared::new();
    let refusal = |id: &str| {
        let call = shared.bench.call("GetStream").with("streamId", id);
        let error = by(OTHERS, call).answer().unwrap_err();
        error.message.replace(id, "ID")
    };
    assert_eq!(
        refusal(&shared.stream),
        refusal("ocid1.stream.oc1.local.nothing")
    );
}

#[test]
fn lists_and_names_end_at_the_tenancy() {
    let shared = Shared::new();
    let names = |tenancy: &str, operation: &str| -> Vec<String> {
        let call = shared
            .bench
            .call(operation)
            .with("compartmentId", COMPARTMENT);
        let list = by(tenancy, call).value();
        let items = list
            .get("items")
            .unwrap_or(&list)
            .as_array()
            .unwrap()
            .clone();
        items.iter().map(|item| text(&item["id"])).collect()
    };
    for operation in [
        "ListStreamPools",
        "ListStreams",
        "ListConnectHarnesses",
        "ListWorkRequests",
    ] {
        assert!(!names(OURS, operation).is_empty(), "{operation}");
        assert!(names(OTHERS, operation).is_empty(), "{operation}");
    }
    let by_resource = |tenancy: &str| {
        let call = shared.bench.call("ListWorkRequests");
        let list = by(tenancy, call.with("resourceId", &shared.stream)).value();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((by_resource(OURS), by_resource(OTHERS)), (1, 0));
    let in_pool = shared
        .bench
        .call("ListStreams")
        .with("streamPoolId", &shared.pool);
    assert_eq!(by(OTHERS, in_pool).value(), json!([]));
    // A name of this engine's means one's own resource, and is free for others.
    let get = |tenancy: &str| {
        by(
            tenancy,
            shared.bench.call("GetStream").with("streamId", "orders"),
        )
    };
    get(OTHERS).fails(404, "NotAuthorizedOrNotFound");
    let details = json!({"name": "orders", "partitions": 1, "compartmentId": COMPARTMENT});
    by(OTHERS, shared.bench.call("CreateStream"))
        .body(details)
        .ok();
    assert_eq!(get(OURS).value()["partitions"], 2);
    assert_eq!(get(OTHERS).value()["partitions"], 1);
    assert_eq!(names(OURS, "ListStreams"), [shared.stream.as_str()]);
}

#[test]
fn each_tenancy_has_a_default_pool_of_its_own_in_a_compartment() {
    let bench = Bench::new();
    let pool_of = |tenancy: &str, name: &str| {
        let details = json!({"name": name, "partitions": 1, "compartmentId": COMPARTMENT});
        let stream = by(tenancy, bench.call("CreateStream"))
            .body(details)
            .value();
        text(&stream["streamPoolId"])
    };
    let ours = pool_of(OURS, "a");
    assert_eq!(pool_of(OURS, "b"), ours);
    let others = pool_of(OTHERS, "a");
    assert_ne!(others, ours);
    assert_eq!(pool_of(OTHERS, "b"), others);
}

#[test]
fn a_retry_token_belongs_to_the_tenancy() {
    let bench = Bench::new();
    let create = |tenancy: &str, name: &str| -> Value {
        let call = bench.call("CreateStreamPool").with("opc-retry-token", "t");
        let details = json!({"name": name, "compartmentId": COMPARTMENT});
        by(tenancy, call).body(details).value()
    };
    let ours = create(OURS, "shop");
    let others = create(OTHERS, "market");
    assert_ne!(ours["id"], others["id"]);
    assert_eq!(create(OURS, "shop"), ours);
    assert_eq!(create(OTHERS, "market"), others);
}

#[test]
fn page_tokens_of_others_show_nothing_of_theirs() {
    let shared = Shared::new();
    for nth in 0..3 {
        let details = json!({"name": format!("p{nth}"), "compartmentId": COMPARTMENT});
        by(OURS, shared.bench.call("CreateStreamPool"))
            .body(details)
            .ok();
    }
    let list = |tenancy: &str| {
        let call = shared
            .bench
            .call("ListStreamPools")
            .with("compartmentId", COMPARTMENT);
        by(tenancy, call)
    };
    let first = list(OURS).with("limit", "2").ok();
    let page = first.header("opc-next-page").unwrap();
    assert_eq!(list(OTHERS).with("page", page).value(), json!([]));
    assert_eq!(
        list(OURS)
            .with("page", page)
            .value()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
