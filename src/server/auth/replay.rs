//! Requests that came before: a signature that changed something is good once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use ring::digest;

use super::verifier::MOST_SKEW_MS;

/// How many notes are kept, one or two a request, in some 50 MB: more than 1,500 changes a second, all the
/// time.
const MOST_NOTES: usize = 1_000_000;

/// How long after a request the same one may come again under another id, in milliseconds.
///
/// The dates that are signed have whole seconds, so that a client which makes the same call twice in a second
/// signs it the same. The official SDK gives each call an `opc-request-id` of its own, which tells such calls
/// apart, but is not signed: it is believed for as long as two such calls can be under way.
const SAME_SECOND_MS: i64 = 2_000;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It came before.
    Replayed,
    /// It is so old that the note of it may have been dropped.
    Forgotten,
}

/// The first half of a hash: nobody finds two texts with the same.
type Note = [u8; 16];

/// The signatures that were used, until they are too old to be used again.
///
/// They are kept in memory: a server that starts anew has forgotten them.
pub(super) struct Replays(Mutex<Notes>);

#[derive(Default)]
struct Notes {
    /// By the second that was signed: each note with the time of the request, in milliseconds.
    by_second: BTreeMap<i64, HashMap<Note, i64>>,
    count: usize,
    /// Notes of this second and those before are dropped, so that nobody can tell whether a request of that
    /// time is new.
    dropped_until: Option<i64>,
}

impl Replays {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Notes::default()))
    }

    /// Notes a request, unless it came before.
    pub(super) fn note(
        &self,
        signature: &[u8],
        request_id: Option<&[u8]>,
        (date_ms, now_ms): (i64, i64),
    ) -> Result<(), Refusal> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        notes.expire(now_ms);
        let second = date_ms.div_euclid(1000);
        if notes.dropped_until.is_some_and(|until| second <= until) {
            return Err(Refusal::Forgotten);
        }
        let signature_note = note(&[signature]);
        let id_note = request_id.map(|id| note(&[signature, id]));
        let of_second = notes.by_second.entry(second).or_default();
        match (of_second.get(&signature_note), id_note) {
            (None, _) => {}
            (Some(first_ms), Some(id_note))
                if now_ms - first_ms <= SAME_SECOND_MS && !of_second.contains_key(&id_note) => {}
            _ => return Err(Refusal::Replayed),
        }
        let before = of_second.len();
        of_second.entry(signature_note).or_insert(now_ms);
        if let Some(id_note) = id_note {
            of_second.insert(id_note, now_ms);
        }
        let added = of_second.len() - before;
        notes.count += added;
        notes.make_room(MOST_NOTES);
        Ok(())
    }
}

impl Notes {
    /// Drops the notes of requests that are refused for their date.
    fn expire(&mut self, now_ms: i64) {
        let oldest_second = (now_ms - MOST_SKEW_MS).div_euclid(1000);
        while self
            .by_second
            .first_key_value()
            .is_some_and(|(second, _)| *second < oldest_second)
        {
            self.drop_oldest();
        }
    }

    /// Drops the oldest notes while there are too many. A server that is so busy takes requests for a shorter
    /// time than others, but none twice.
    fn make_room(&mut self, most: usize) {
        while self.count > most && self.by_second.len() > 1 {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((second, notes)) = self.by_second.pop_first() {
            self.count -= notes.len();
            self.dropped_until = self.dropped_until.max(Some(second));
        }
    }
}

fn note(parts: &[&[u8]]) -> Note {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let hash = context.finish();
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_773_450_123_456;

    #[test]
    fn a_signature_is_good_once() {
        let replays = Replays::new();
        let times = (NOW_MS, NOW_MS);
        assert_eq!(replays.note(b"a", None, times), Ok(()));
        assert_eq!(replays.note(b"b", None, times), Ok(()));
        assert_eq!(replays.note(b"a", None, times), Err(Refusal::Replayed));
        let late = (NOW_MS, NOW_MS + MOST_SKEW_MS);
        assert_eq!(replays.note(b"a", None, late), Err(Refusal::Replayed));
    }

    #[test]
    fn the_same_call_twice_in_a_second_has_two_ids() {
        let replays = Replays::new();
        let note = |id: &[u8], later_ms| replays.note(b"a", Some(id), (NOW_MS, NOW_MS + later_ms));
        assert_eq!(note(b"1", 0), Ok(()));
        assert_eq!(note(b"1", 0), Err(Refusal::Replayed));
        assert_eq!(note(b"2", 900), Ok(()));
        assert_eq!(note(b"2", 901), Err(Refusal::Replayed));
        assert_eq!(note(b"3", SAME_SECOND_MS + 1), Err(Refusal::Replayed));
        let without = replays.note(b"a", None, (NOW_MS, NOW_MS));
        assert_eq!(without, Err(Refusal::Replayed));
    }

    #[test]
    fn notes_go_when_the_date_alone_refuses_the_request() {
        let replays = Replays::new();
        for nth in 0..1_000_i64 {
            let now_ms = NOW_MS + nth * 1_000;
            let signature = nth.to_be_bytes();
            assert_eq!(replays.note(&signature, None, (now_ms, now_ms)), Ok(()));
        }
        let notes = replays.0.lock().unwrap();
        assert!((300..=302).contains(&notes.count), "{}", notes.count);
        let kept: usize = notes.by_second.values().map(HashMap::len).sum();
        assert_eq!(kept, notes.count);
    }

    #[test]
    fn what_had_to_be_forgotten_is_refused() {
        let replays = Replays::new();
        for nth in 0..10_u8 {
            let date_ms = NOW_MS + i64::from(nth) * 1_000;
            assert_eq!(replays.note(&[nth], None, (date_ms, NOW_MS)), Ok(()));
        }
        replays.0.lock().unwrap().make_room(5);
        assert_eq!(replays.0.lock().unwrap().count, 5);
        let again = |nth: u8| {
            let date_ms = NOW_MS + i64::from(nth) * 1_000;
            replays.note(&[nth], None, (date_ms, NOW_MS))
        };
        assert_eq!(again(4), Err(Refusal::Forgotten));
        assert_eq!(again(5), Err(Refusal::Replayed));
        assert_eq!(replays.note(b"new", None, (NOW_MS + 6_000, NOW_MS)), Ok(()));
    }
}
