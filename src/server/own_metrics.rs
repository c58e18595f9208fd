//! The engine's own metrics: stored every few seconds while the server runs.

use std::sync::Arc;
use std::time::Duration;

use super::Shared;
use crate::engine::Engine;

/// How much of what was measured is lost at most when the process is killed.
const PERIOD: Duration = Duration::from_secs(5);

/// How many periods a minute has: gauges are measured once in each minute.
const PERIODS_A_MINUTE: u32 = 12;

/// Stores what is measured until the server is to end. What is measured then is put down when the engine is
/// closed.
pub(super) async fn store(shared: Arc<Shared>) {
    let store = async {
        for period in 1_u32.. {
            tokio::time::sleep(PERIOD).await;
            let stored = match period % PERIODS_A_MINUTE {
                0 => shared.ask_engine(Engine::store_metrics_of_minute),
                _ => shared.ask_engine(Engine::store_recorded_metrics),
            };
            if let Err(error) = stored {
                tracing::error!(%error, "metrics were not stored");
            }
        }
    };
    tokio::select! {
        () = shared.stopping.begun() => {}
        () = store => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use serde_json::{Value, json};
    use tempfile::TempDir;
    use tokio::time::sleep;

    use super::*;
    use crate::api::OperationId;
    use crate::api::queue::Queue;
    use crate::api::streaming::Streaming;
    use crate::call::{Call, Reply};
    use crate::delivery::CourierOptions;
    use crate::engine::Home;
    use crate::log::Durability;
    use crate::server::auth::Auth;
    use crate::server::{Limits, ServeOptions, Tls, serve};

    const MINUTE: Duration = Duration::from_secs(60);

    /// An engine over a folder, before it is served.
    fn engine(folder: &TempDir) -> Engine {
        let home = Home::Folder(folder.path().to_owned());
        Engine::open(&home, Durability::Os).unwrap()
    }

    fn ask(engine: &Engine, id: OperationId, path: &[(&'static str, &str)], body: Value) -> Reply {
        let mut call = Call::new(id.operation().unwrap());
        let path = path
            .iter()
            .map(|(wire, value)| (*wire, (*value).to_owned()));
        call.path.extend(path);
        call.body = Some(body);
        engine.answer(&call).unwrap()
    }

    /// Serves an engine while something else goes on. The time is the test's: it goes on when all wait for it.
    async fn while_served(engine: Engine, folder: &TempDir, work: impl Future<Output = ()>) {
        let anywhere = || "127.0.0.1:0".to_owned();
        let options = ServeOptions {
            home: Home::Folder(folder.path().to_owned()),
            durability: Durability::Os,
            courier: CourierOptions::default(),
            strict: false,
            http: anywhere(),
            kafka: anywhere(),
            stomp: anywhere(),
            advertise: None,
            auth: Auth::None,
            tls: Tls::Off,
            insecure: false,
            seed: None,
            ready_file: None,
            limits: Limits {
                connections: 8,
                header_bytes: 8192,
                body_bytes: 8192,
                client_timeout: MINUTE,
            },
        };
        tokio::select! {
            served = serve(options, engine, |_| ()) => served.unwrap(),
            () = work => {}
        }
    }

    const DATABASE: [&str; 2] = ["ocelot.db", "ocelot.db-wal"];

    fn database(folder: &Path) -> [Vec<u8>; 2] {
        DATABASE.map(|file| fs::read(folder.join(file)).unwrap())
    }

    /// The names of the series in a database that is open elsewhere, out of a copy of it.
    fn stored_series(folder: &Path) -> BTreeSet<String> {
        let copy = tempfile::tempdir().unwrap();
        for (file, bytes) in DATABASE.iter().zip(database(folder)) {
            fs::write(copy.path().join(file), bytes).unwrap();
        }
        let connection = rusqlite::Connection::open(copy.path().join(DATABASE[0])).unwrap();
        let mut statement = connection
            .prepare("SELECT name FROM metric_series")
            .unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_measured_is_stored_every_few_seconds_and_gauges_every_minute() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(&folder);
        let body = json!({"name": "orders", "partitions": 1, "compartmentId": "c"});
        let created = ask(
            &engine,
            OperationId::Streaming(Streaming::CreateStream),
            &[],
            body,
        );
        let body = json!({"displayName": "jobs", "compartmentId": "c"});
        ask(&engine, OperationId::Queue(Queue::CreateQueue), &[], body);
        let created = created.body.unwrap();
        let named = [("streamId", created["id"].as_str().unwrap())];
        let body = json!({"messages": [{"value": "YQ=="}]});
        ask(
            &engine,
            OperationId::Streaming(Streaming::PutMessages),
            &named,
            body,
        );
        while_served(engine, &folder, async {
            sleep(PERIOD / 2).await;
            assert_eq!(stored_series(folder.path()), BTreeSet::new());
            sleep(PERIOD).await;
            let stored = stored_series(folder.path());
            assert!(stored.contains("PutMessages"), "{stored:?}");
            assert!(!stored.contains("QueueSize"), "{stored:?}");
            sleep(MINUTE).await;
            let stored = stored_series(folder.path());
            assert!(stored.contains("QueueSize"), "{stored:?}");
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_has_nothing_to_do_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(&folder);
        let body = json!({"displayName": "jobs", "compartmentId": "c"});
        ask(&engine, OperationId::Queue(Queue::CreateQueue), &[], body);
        while_served(engine, &folder, async {
            sleep(2 * MINUTE).await;
            let before = database(folder.path());
            sleep(60 * MINUTE).await;
            assert!(
                before == database(folder.path()),
                "the database has changed"
            );
        })
        .await;
    }
}
