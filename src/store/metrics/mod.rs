//! The points of metrics: which series there are, and what is kept of their points.
//!
//! Minutes are kept for seven days, then stretches of five minutes to the thirtieth day, then hours to the
//! ninetieth: as long as a query can ask for them (behaviour.md 5.2). What is older is drawn together or
//! dropped when its series begins a new chunk, a few chunks at a time; a series without points for
//! ninety days is forgotten at a post.

mod backlog;
mod bucket;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params_from_iter};
use serde::{Deserialize, Serialize};

use super::conditions::Conditions;
use super::page::Order;
use super::{FolderSession, Session, StoreError, from_json, to_json};
pub(super) use backlog::{FILE_SCHEMA as BACKLOG_FILE_SCHEMA, SCHEMA as BACKLOG_SCHEMA};
pub use backlog::{Measurement, SeriesOwner};
use bucket::{BUCKETS_A_CHUNK, Damaged};
pub use bucket::{Bucket, Stamped, Summary, minute_of};

/// The tables, as part of the history in `migrations`.
///
/// A series without a resource group has an empty one. `seen_ms` is the time of a late post, not always of
/// the last. A chunk's `id` is made of the series, the granularity and the place in time.
pub(super) const SCHEMA: &str = "
    CREATE TABLE metric_series (
        id             INTEGER PRIMARY KEY AUTOINCREMENT,
        tenancy_id     TEXT NOT NULL,
        namespace      TEXT NOT NULL COLLATE NOCASE,
        name           TEXT NOT NULL COLLATE NOCASE,
        compartment_id TEXT NOT NULL,
        resource_group TEXT NOT NULL,
        dimensions     TEXT NOT NULL,
        metadata       TEXT NOT NULL,
        seen_ms        INTEGER NOT NULL,
        UNIQUE (tenancy_id, namespace, name, compartment_id, resource_group, dimensions)
    );
    CREATE INDEX metric_series_by_time ON metric_series (seen_ms);
    CREATE TABLE metric_chunk (
        id      INTEGER PRIMARY KEY,
        buckets BLOB NOT NULL
    );
";

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MINUTES: i64 = 24 * 60;

/// How long anything is kept, in minutes. Source: behaviour.md 5.3.
const KEPT_MINUTES: i64 = 90 * DAY_MINUTES;

/// How many minutes of a gauge are filled at most: as many as alarms make up for, and the hour that the first of
/// those may look back.
const MOST_FILLED_MINUTES: i64 = DAY_MINUTES + 60;

/// How many chunks of a kind one post draws together, and how many series it forgets.
const STEPS_A_POST: i64 = 4;

/// How many low bits of a chunk's id are its place in time, and how many more its granularity. Places go up
/// to 35 million, in the year 9999.
const PLACE_BITS: u32 = 26;
const GRANULARITY_BITS: u32 = 2;

/// How fine points are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Granularity {
    Minute,
    FiveMinutes,
    Hour,
}

impl Granularity {
    const ALL: [Self; 3] = [Self::Minute, Self::FiveMinutes, Self::Hour];

    /// The length of a bucket.
    fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::FiveMinutes => 5,
            Self::Hour => 60,
        }
    }

    /// For how long, in minutes.
    fn kept_minutes(self) -> i64 {
        match self {
            Self::Minute => 7 * DAY_MINUTES,
            Self::FiveMinutes => 30 * DAY_MINUTES,
            Self::Hour => KEPT_MINUTES,
        }
    }

    /// What follows when that time is over.
    fn coarser(self) -> Option<Self> {
        match self {
            Self::Minute => Some(Self::FiveMinutes),
            Self::FiveMinutes => Some(Self::Hour),
            Self::Hour => None,
        }
    }

    fn chunk_minutes(self) -> i64 {
        self.minutes() * BUCKETS_A_CHUNK
    }

    /// The place of the chunk that a minute belongs to; the minute that ends with the epoch goes with the next.
    fn place(self, end_minute: i64) -> i64 {
        let places = 0..=(1 << PLACE_BITS) - 1;
        let place = (end_minute - 1).div_euclid(self.chunk_minutes());
        place.clamp(*places.start(), *places.end())
    }

    fn chunk(self, series_no: i64, place: i64) -> Chunk {
        Chunk {
            series_no,
            granularity: self,
            place,
        }
    }
}

/// Which chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chunk {
    series_no: i64,
    granularity: Granularity,
    place: i64,
}

impl Chunk {
    fn id(self) -> i64 {
        let granularity = match self.granularity {
            Granularity::Minute => 0,
            Granularity::FiveMinutes => 1,
            Granularity::Hour => 2,
        };
        (self.series_no << GRANULARITY_BITS | granularity) << PLACE_BITS | self.place
    }

    fn of_id(id: i64) -> Self {
        let granularity = id >> PLACE_BITS;
        Self {
            series_no: granularity >> GRANULARITY_BITS,
            granularity: match granularity & ((1 << GRANULARITY_BITS) - 1) {
                0 => Granularity::Minute,
                1 => Granularity::FiveMinutes,
                _ => Granularity::Hour,
            },
            place: id & ((1 << PLACE_BITS) - 1),
        }
    }

    /// Where it begins, in minutes.
    fn begin(self) -> i64 {
        self.place * self.granularity.chunk_minutes()
    }
}

/// What becomes of a bucket when there is one of its minute already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// Its points are added to those.
    Merge,
    /// It takes their place.
    Replace(Since),
}

/// What a gauge stood at in the minutes since it was last measured. Nobody looked, which is not to read as silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Since {
    /// Those minutes stay without a value.
    Unknown,
    /// As when it was last measured.
    Held,
    /// The same, of an age: what is so old now was a minute younger a minute ago.
    Aged,
}

/// What makes a series that one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// The namespace. Capital letters are not told from small ones, as in the name.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// The compartment.
    pub compartment_id: String,
    /// The resource group; empty where there is none.
    pub resource_group: String,
    /// The dimensions.
    pub dimensions: BTreeMap<String, String>,
}

/// A series: a metric with one value of each dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Its number, by which its points are found.
    pub series_no: i64,
    /// What it is.
    pub key: SeriesKey,
    /// What else was said of it.
    pub metadata: BTreeMap<String, String>,
}

/// Which series; what is absent does not narrow them down.
#[derive(Clone, Copy, Debug, Default)]
pub struct SeriesFilter<'f> {
    /// Of this namespace.
    pub namespace: Option<&'f str>,
    /// With this name.
    pub name: Option<&'f str>,
    /// In this compartment.
    pub compartment_id: Option<&'f str>,
    /// Of this resource group; of none where it is empty.
    pub resource_group: Option<&'f str>,
}

const COLUMNS: &str = "id, namespace, name, compartment_id, resource_group, dimensions, metadata";

struct RawSeries {
    series_no: i64,
    texts: [String; 4],
    dimensions: String,
    metadata: String,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RawSeries> {
    Ok(RawSeries {
        series_no: row.get(0)?,
        texts: [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?],
        dimensions: row.get(5)?,
        metadata: row.get(6)?,
    })
}

impl RawSeries {
    fn read(self) -> Result<Series, StoreError> {
        let [namespace, name, compartment_id, resource_group] = self.texts;
        Ok(Series {
            series_no: self.series_no,
            key: SeriesKey {
                namespace,
                name,
                compartment_id,
                resource_group,
                dimensions: from_json("metric", &self.dimensions)?,
            },
            metadata: from_json("metric", &self.metadata)?,
        })
    }
}

impl Session<'_> {
    /// The series that were seen in the last ninety days or so.
    pub fn metric_series(&self, filter: &SeriesFilter<'_>) -> Result<Vec<Series>, StoreError> {
        let mut conditions = Conditions::new("tenancy_id = ?", self.tenancy_id);
        conditions.and_equal("namespace = ?", filter.namespace);
        conditions.and_equal("name = ?", filter.name);
        conditions.and_equal("compartment_id = ?", filter.compartment_id);
        conditions.and_equal("resource_group = ?", filter.resource_group);
        let sorted = ("name", Order::Ascending);
        let all = (None, usize::MAX);
        let rows = conditions.page(
            self.connection,
            ("metric_series", COLUMNS),
            sorted,
            all,
            from_row,
        )?;
        rows.into_iter().map(RawSeries::read).collect()
    }

    /// Adds points to a series, each with how often its value occurred. A series that is not there yet begins;
    /// metadata replaces what was said before.
    pub fn add_metric_points(
        &self,
        key: &SeriesKey,
        metadata: Option<&BTreeMap<String, String>>,
        points: &[(Stamped, u64)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let buckets = points.iter();
        let buckets = buckets.map(|(point, count)| Bucket::of(*point, *count));
        let buckets = (buckets.collect(), Joining::Merge);
        self.add_metric_buckets(key, metadata, buckets, now_ms)
    }

    /// The same of points that were brought together already, a minute's in each bucket.
    pub fn add_metric_buckets(
        &self,
        key: &SeriesKey,
        metadata: Option<&BTreeMap<String, String>>,
        (buckets, joining): (Vec<Bucket>, Joining),
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let series_no = self.seen_series(key, metadata, now_ms)?;
        let buckets = match joining {
            Joining::Merge | Joining::Replace(Since::Unknown) => buckets,
            Joining::Replace(since) => self.filled(series_no, buckets, since)?,
        };
        let mut by_place: BTreeMap<i64, Vec<Bucket>> = BTreeMap::new();
        for bucket in buckets {
            let place = Granularity::Minute.place(bucket.end_minute);
            by_place.entry(place).or_default().push(bucket);
        }
        let mut has_new_chunk = false;
        for (place, buckets) in by_place {
            let chunk = Granularity::Minute.chunk(series_no, place);
            has_new_chunk |= self.add_buckets(chunk, buckets, joining)?;
        }
        if has_new_chunk {
            self.draw_together(series_no, minute_of(now_ms))?;
            self.forget_silent_series(now_ms)?;
        }
        Ok(())
    }

    /// The number of a series, which is noted as seen.
    fn seen_series(
        &self,
        key: &SeriesKey,
        metadata: Option<&BTreeMap<String, String>>,
        now_ms: i64,
    ) -> Result<i64, StoreError> {
        let dimensions = to_json(&key.dimensions);
        let identity = (
            self.tenancy_id,
            &key.namespace,
            &key.name,
            &key.compartment_id,
            &key.resource_group,
            &dimensions,
        );
        let found: Option<(i64, String, i64)> = self
            .connection
            .prepare_cached(
                "SELECT id, metadata, seen_ms FROM metric_series \
                 WHERE tenancy_id = ?1 AND namespace = ?2 AND name = ?3 AND compartment_id = ?4 \
                 AND resource_group = ?5 AND dimensions = ?6",
            )?
            .query_row(identity, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let said = metadata.map(to_json);
        let Some((series_no, known, seen_ms)) = found else {
            self.connection
                .prepare_cached(
                    "INSERT INTO metric_series (tenancy_id, namespace, name, compartment_id, \
                     resource_group, dimensions, metadata, seen_ms) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute((
                    self.tenancy_id,
                    &key.namespace,
                    &key.name,
                    &key.compartment_id,
                    &key.resource_group,
                    &dimensions,
                    said.as_deref().unwrap_or("{}"),
                    now_ms,
                ))?;
            return Ok(self.connection.last_insert_rowid());
        };
        let is_news = said.as_ref().is_some_and(|said| *said != known);
        // Not at each post: an hour more or less does not matter after ninety days.
        if is_news || now_ms.abs_diff(seen_ms) > HOUR_MS.unsigned_abs() {
            self.connection
                .prepare_cached(
                    "UPDATE metric_series SET metadata = ?2, seen_ms = ?3 WHERE id = ?1",
                )?
                .execute((series_no, said.unwrap_or(known), now_ms))?;
        }
        Ok(series_no)
    }
}

impl FolderSession<'_> {
    /// Shows what is kept of a series' points that belong to these minutes, and some before and after them. A
    /// stretch that is kept as a whole belongs to the minute it ends with.
    pub fn visit_metric_buckets(
        &self,
        series_no: i64,
        minutes: &RangeInclusive<i64>,
        mut visit: impl FnMut(&Bucket),
    ) -> Result<(), StoreError> {
        let ids = Granularity::ALL.map(|granularity| {
            [minutes.start(), minutes.end()].map(|minute| {
                granularity
                    .chunk(series_no, granularity.place(*minute))
                    .id()
            })
        });
        let mut statement = self.connection.prepare_cached(
            "SELECT id, buckets FROM metric_chunk WHERE id BETWEEN ?1 AND ?2 \
             UNION ALL SELECT id, buckets FROM metric_chunk WHERE id BETWEEN ?3 AND ?4 \
             UNION ALL SELECT id, buckets FROM metric_chunk WHERE id BETWEEN ?5 AND ?6",
        )?;
        let mut rows = statement.query(params_from_iter(ids.as_flattened()))?;
        while let Some(row) = rows.next()? {
            let begin = Chunk::of_id(row.get(0)?).begin();
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            bucket::decode(begin, bytes, &mut visit).map_err(damaged)?;
        }
        Ok(())
    }

    /// The same buckets of a gauge, with one in each minute since it was last measured before the first of them.
    fn filled(
        &self,
        series_no: i64,
        mut buckets: Vec<Bucket>,
        since: Since,
    ) -> Result<Vec<Bucket>, StoreError> {
        let Some(first) = buckets.iter().min_by_key(|bucket| bucket.end_minute) else {
            return Ok(buckets);
        };
        let (minute, value) = (first.end_minute, first.summary.last.value);
        let Some(before) = self.last_bucket_before(series_no, minute)? else {
            return Ok(buckets);
        };
        let begin = (before.end_minute + 1).max(minute - MOST_FILLED_MINUTES);
        let held = before.summary.last.value;
        buckets.extend((begin..minute).map(|between| {
            let value = match since {
                Since::Aged => held.max(value - (minute - between) as f64),
                Since::Held | Since::Unknown => held,
            };
            let at_ms = between * MINUTE_MS;
            Bucket::of(Stamped { at_ms, value }, 1)
        }));
        Ok(buckets)
    }

    /// The last of the minutes kept of a series before another one.
    fn last_bucket_before(
        &self,
        series_no: i64,
        minute: i64,
    ) -> Result<Option<Bucket>, StoreError> {
        let chunk = |place| Granularity::Minute.chunk(series_no, place).id();
        let range = (chunk(0), chunk(Granularity::Minute.place(minute)));
        // The later of two chunks may begin with the minute itself.
        let mut statement = self.connection.prepare_cached(
            "SELECT id, buckets FROM metric_chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 2",
        )?;
        let mut rows = statement.query(range)?;
        while let Some(row) = rows.next()? {
            let begin = Chunk::of_id(row.get(0)?).begin();
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let mut last = None;
            let mut note = |bucket: &Bucket| {
                if bucket.end_minute < minute {
                    last = Some(bucket.clone());
                }
            };
            bucket::decode(begin, bytes, &mut note).map_err(damaged)?;
            if last.is_some() {
                return Ok(last);
            }
        }
        Ok(None)
    }

    /// Adds buckets to a chunk, and tells whether it is new.
    fn add_buckets(
        &self,
        chunk: Chunk,
        buckets: Vec<Bucket>,
        joining: Joining,
    ) -> Result<bool, StoreError> {
        let stored: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT buckets FROM metric_chunk WHERE id = ?1")?
            .query_row([chunk.id()], |row| row.get(0))
            .optional()?;
        let mut all: BTreeMap<i64, Bucket> = BTreeMap::new();
        let mut add = |bucket: &Bucket| match all.get_mut(&bucket.end_minute) {
            Some(known) if joining == Joining::Merge => known.merge(bucket),
            _ => {
                all.insert(bucket.end_minute, bucket.clone());
            }
        };
        if let Some(bytes) = &stored {
            bucket::decode(chunk.begin(), bytes, &mut add).map_err(damaged)?;
        }
        buckets.iter().for_each(&mut add);
        let all: Vec<Bucket> = all.into_values().collect();
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO metric_chunk (id, buckets) VALUES (?1, ?2)")?
            .execute((chunk.id(), bucket::encode(chunk.begin(), &all)))?;
        Ok(stored.is_none())
    }

    /// Brings what is older than its granularity is kept for into the next one, or drops it.
    fn draw_together(&self, series_no: i64, now_minute: i64) -> Result<(), StoreError> {
        for granularity in Granularity::ALL {
            let oldest_kept = granularity.place(now_minute - granularity.kept_minutes());
            let mut statement = self.connection.prepare_cached(
                "SELECT id, buckets FROM metric_chunk WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3",
            )?;
            let range = (
                granularity.chunk(series_no, 0).id(),
                granularity.chunk(series_no, oldest_kept).id(),
                STEPS_A_POST,
            );
            let rows = statement.query_map(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
            let old: Vec<(i64, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
            for (id, bytes) in old {
                if let Some(coarser) = granularity.coarser() {
                    self.coarsen(Chunk::of_id(id), &bytes, coarser)?;
                }
                self.connection
                    .prepare_cached("DELETE FROM metric_chunk WHERE id = ?1")?
                    .execute([id])?;
            }
        }
        Ok(())
    }

    /// Adds the buckets of a chunk to the one of the coarser granularity that it lies in.
    fn coarsen(&self, chunk: Chunk, bytes: &[u8], coarser: Granularity) -> Result<(), StoreError> {
        let minutes = coarser.minutes();
        let mut buckets = Vec::new();
        let mut add = |bucket: &Bucket| {
            let mut bucket = bucket.clone();
            bucket.end_minute = (bucket.end_minute + minutes - 1).div_euclid(minutes) * minutes;
            buckets.push(bucket);
        };
        bucket::decode(chunk.begin(), bytes, &mut add).map_err(damaged)?;
        let place = coarser.place(chunk.begin() + 1);
        let chunk = coarser.chunk(chunk.series_no, place);
        self.add_buckets(chunk, buckets, Joining::Merge)?;
        Ok(())
    }

    /// Removes some of the series, whosever they are, that had no points for as long as points are kept.
    fn forget_silent_series(&self, now_ms: i64) -> Result<(), StoreError> {
        let silent_ms = now_ms - KEPT_MINUTES * MINUTE_MS - HOUR_MS;
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM metric_series WHERE seen_ms < ?1 ORDER BY seen_ms LIMIT ?2",
        )?;
        let rows = statement.query_map((silent_ms, STEPS_A_POST), |row| row.get(0))?;
        let silent: Vec<i64> = rows.collect::<Result<_, _>>()?;
        for series_no in silent {
            let first = Granularity::Minute.chunk(series_no, 0).id();
            let end = Granularity::Minute.chunk(series_no + 1, 0).id();
            self.connection
                .prepare_cached("DELETE FROM metric_chunk WHERE id >= ?1 AND id < ?2")?
                .execute((first, end))?;
            self.connection
                .prepare_cached("DELETE FROM metric_series WHERE id = ?1")?
                .execute([series_no])?;
        }
        Ok(())
    }
}

fn damaged(damaged: Damaged) -> StoreError {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(damaged)).into()
}
