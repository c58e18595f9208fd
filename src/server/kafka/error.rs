//! What the engine refuses, in the codes of the protocol.

use std::fmt::Display;

use kafka_protocol::error::ResponseError;
use kafka_protocol::protocol::StrBytes;

use crate::call::ApiError;
use crate::engine::TopicError;
use crate::log::{Fault, LogError};

/// A code, and a sentence for people where the protocol has room for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: ResponseError,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(error: ResponseError, message: impl Display) -> Self {
        Self {
            error,
            message: message.to_string(),
        }
    }

    /// A topic, or a partition of one, that is not there.
    pub(super) fn unknown_topic() -> Self {
        Self::new(
            ResponseError::UnknownTopicOrPartition,
            "the stream pool has no such stream, or the stream no such partition",
        )
    }

    pub(super) fn code(&self) -> i16 {
        self.error.code()
    }

    pub(super) fn text(&self) -> Option<StrBytes> {
        Some(StrBytes::from_string(self.message.clone()))
    }
}

/// The code of a result: 0 where all is well.
pub(super) fn code_of<T>(result: &Result<T, Refusal>) -> i16 {
    result.as_ref().err().map_or(0, Refusal::code)
}

/// The sentence that goes with [`code_of`].
pub(super) fn text_of<T>(result: &Result<T, Refusal>) -> Option<StrBytes> {
    result.as_ref().err().and_then(Refusal::text)
}

impl From<TopicError> for Refusal {
    fn from(error: TopicError) -> Self {
        let code = match &error {
            TopicError::Unknown(_) => ResponseError::UnknownTopicOrPartition,
            TopicError::MessageTooLarge(_) => ResponseError::MessageTooLarge,
            TopicError::Log(error) => log_code(error),
        };
        if code == ResponseError::KafkaStorageError || code == ResponseError::UnknownServerError {
            tracing::error!("{error}");
        }
        Self::new(code, error)
    }
}

fn log_code(error: &LogError) -> ResponseError {
    match error {
        LogError::Io { .. } | LogError::WritesRefused { .. } => ResponseError::KafkaStorageError,
        LogError::Damaged { .. } => ResponseError::CorruptMessage,
        LogError::OffsetOutOfRange { .. } => ResponseError::OffsetOutOfRange,
        LogError::InvalidBatch(fault) => fault_code(fault),
        LogError::BatchTooLarge { .. } => ResponseError::MessageTooLarge,
        LogError::NoRecords => ResponseError::InvalidRecord,
        LogError::OutOfOrderSequence { .. } => ResponseError::OutOfOrderSequenceNumber,
        LogError::StaleProducerEpoch { .. } => ResponseError::InvalidProducerEpoch,
    }
}

fn fault_code(fault: &Fault) -> ResponseError {
    const COMPRESSION: i16 = 7;
    match fault {
        Fault::Short | Fault::Length(_) | Fault::Checksum => ResponseError::CorruptMessage,
        Fault::Magic(_) => ResponseError::UnsupportedForMessageFormat,
        Fault::Attributes(attributes) if attributes & COMPRESSION > 4 => {
            ResponseError::UnsupportedCompressionType
        }
        Fault::Inflated(_) => ResponseError::MessageTooLarge,
        _ => ResponseError::InvalidRecord,
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let code = match error.status {
            404 => ResponseError::UnknownTopicOrPartition,
            429 => ResponseError::ThrottlingQuotaExceeded,
            409 => ResponseError::TopicAlreadyExists,
            400..=499 => ResponseError::InvalidRequest,
            _ => {
                tracing::error!("{}", error.message);
                ResponseError::UnknownServerError
            }
        };
        Self::new(code, error.message)
    }
}
