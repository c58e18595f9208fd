//! Where connectors begin that read a stream from the newest message on.

use super::super::{Context, Engine};
use super::connectors;
use super::details::{Cursor, Source};
use super::moving::Moment;
use crate::call::ApiError;

impl Engine {
    /// Notes for each new connector of the tenancy behind which messages it begins, if the stream is there
    /// already. It is done before the call is answered that made the connector: what is put into the stream
    /// afterwards is moved. Source: behaviour.md 6.3.
    pub(super) fn begin_at_the_newest(&self, context: &Context<'_>) -> Result<(), ApiError> {
        for (tenancy_id, id) in self.store.read(|session| session.active_connectors())? {
            if tenancy_id != context.origin.tenancy_id {
                continue;
            }
            let moment = context.store.read(|session| Moment::load(session, &id))?;
            let Some(before) = moment.filter(is_at_no_offset) else {
                continue;
            };
            let Source::Streaming { stream_id, .. } = &before.connector.details.source else {
                continue;
            };
            // One that is not there yet is read from its beginning.
            let Ok(feed) = self.streaming.feed(context, stream_id) else {
                continue;
            };
            let offsets = feed.ends()?;
            context.store.write(|session| {
                let now = Moment::load(session, &id)?;
                let Some(mut moment) = now.filter(|now| *now == before) else {
                    return Ok(());
                };
                moment.movement.position.offsets = offsets;
                connectors::put(session, &moment.connector, &moment.movement)
            })?;
        }
        Ok(())
    }
}

/// Whether a connector that begins at the newest messages has not begun. One that could not read its stream then
/// begins at the time when it was made.
fn is_at_no_offset(moment: &Moment) -> bool {
    let begins_there = matches!(
        moment.connector.details.source,
        Source::Streaming {
            cursor: None | Some(Cursor::Latest),
            ..
        }
    );
    begins_there
        && moment.movement.position.offsets.is_empty()
        && moment.movement.source_failure.is_none()
}
