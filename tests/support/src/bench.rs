//! An engine under test.

use std::path::Path;
use std::time::Duration;

use ocelot::api::Service;
use ocelot::engine::{Engine, EngineError, EngineOptions, Home, Strictness};

use crate::call::Asked;
use crate::clock::{START_MS, Time};

/// How long an engine waits for a folder that another one has.
const PATIENCE: Duration = Duration::from_secs(5);

/// An engine in memory or in a folder, and its clock. Operations are called by their names, which are looked up in
/// the services that the bench was made with, in their order.
pub struct Bench {
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub time: Time,
    services: &'static [&'static Service],
}

impl Bench {
    /// An engine in memory, which begins at [`START_MS`].
    pub fn new(services: &'static [&'static Service]) -> Self {
        Self::with(services, EngineOptions::default())
    }

    /// One that refuses what the service in the cloud refuses.
    pub fn strict(services: &'static [&'static Service]) -> Self {
        let options = EngineOptions {
            strictness: Strictness::new(true),
            ..EngineOptions::default()
        };
        Self::with(services, options)
    }

    fn with(services: &'static [&'static Service], options: EngineOptions) -> Self {
        Self::open(services, &Home::Memory, options, START_MS).unwrap()
    }

    /// An engine in a folder, which begins at [`START_MS`].
    pub fn in_folder(services: &'static [&'static Service], folder: &Path) -> Self {
        let home = Home::Folder(folder.to_owned());
        Self::open(services, &home, EngineOptions::default(), START_MS).unwrap()
    }

    /// Any engine, at any time.
    ///
    /// # Errors
    ///
    /// Those of opening the engine.
    pub fn open(
        services: &'static [&'static Service],
        home: &Home,
        options: EngineOptions,
        now_ms: i64,
    ) -> Result<Self, EngineError> {
        let time = Time::at(now_ms);
        let clock = Box::new(time.clone());
        let engine = Engine::open_with(home, options, clock, PATIENCE)?;
        Ok(Self {
            engine,
            time,
            services,
        })
    }

    /// The same folder, opened again at the same time.
    #[must_use]
    pub fn reopened(self) -> Self {
        let Self {
            engine,
            time,
            services,
        } = self;
        let home = Home::Folder(engine.folder().unwrap().to_owned());
        drop(engine);
        Self::open(services, &home, EngineOptions::default(), time.now_ms()).unwrap()
    }

    /// A call of an operation, to be filled in.
    pub fn call(&self, operation: &str) -> Asked<'_> {
        Asked::of(&self.engine, self.services, operation)
    }
}
