//! Receipts: opaque texts that each belong to one delivery of one message.
//!
//! A receipt names the message (and with it the queue), the consumer group, and the number that was drawn
//! for the delivery; a checksum tells it from other text. It travels in paths, so it is made of letters,
//! digits, `-` and `_`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::address::Side;
use crate::store::Delivery;

/// A receipt, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub message_id: i64,
    pub group_no: i64,
    /// Whether the message was delivered as a dead letter.
    pub side: Side,
    pub receipt_no: i64,
}

const NUMBERS: usize = 3;
const BYTES: usize = NUMBERS * 8 + 1;

impl Receipt {
    /// The receipt of a delivery.
    pub(super) fn of(delivery: &Delivery, side: Side) -> Self {
        Self {
            message_id: delivery.message_id,
            group_no: delivery.group_no,
            side,
            receipt_no: delivery.receipt_no,
        }
    }

    pub(super) fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(BYTES + 4);
        bytes.push(match self.side {
            Side::Messages => 0,
            Side::DeadLetters => 1,
        });
        for number in [self.message_id, self.group_no, self.receipt_no] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a receipt; `None` for what never was one.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (content, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(content) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let (side, numbers) = content.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<8>();
        let ([message_id, group_no, receipt_no], []) = (numbers, rest) else {
            return None;
        };
        Some(Self {
            message_id: i64::from_le_bytes(*message_id),
            group_no: i64::from_le_bytes(*group_no),
            side: match side {
                0 => Side::Messages,
                1 => Side::DeadLetters,
                _ => return None,
            },
            receipt_no: i64::from_le_bytes(*receipt_no),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_back_and_nothing_else_reads() {
        let receipt = Receipt {
            message_id: 7 << 40 | 3,
            group_no: 2,
            side: Side::DeadLetters,
            receipt_no: -5,
        };
        let text = receipt.encode();
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{text}"
        );
        assert_eq!(Receipt::decode(&text), Some(receipt));
        for at in 0..text.len() {
            let mut wrong = text.clone();
            let other = if wrong.as_bytes()[at] == b'A' {
                "B"
            } else {
                "A"
            };
            wrong.replace_range(at..=at, other);
            assert_eq!(Receipt::decode(&wrong), None, "{wrong}");
            assert_eq!(Receipt::decode(&text[..at]), None);
        }
    }
}
