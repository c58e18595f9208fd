//! Zigzag variable-length integers, as record batches use them.

/// A cursor over bytes that may be hostile: every read is bounded, none panics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn array<const WIDTH: usize>(&mut self) -> Option<[u8; WIDTH]> {
        self.bytes(WIDTH)?.first_chunk().copied()
    }

    /// At most 10 bytes; `None` for more, or for bits beyond the 64th.
    pub(crate) fn varlong(&mut self) -> Option<i64> {
        decode(|| self.byte())
    }

    pub(crate) fn varint(&mut self) -> Option<i32> {
        i32::try_from(self.varlong()?).ok()
    }

    /// A length and that many bytes; the length -1 stands for null.
    pub(crate) fn nullable(&mut self) -> Option<Option<&'a [u8]>> {
        match self.varint()? {
            -1 => Some(None),
            length => Some(Some(self.bytes(usize::try_from(length).ok()?)?)),
        }
    }
}

/// Reads a number byte by byte: at most 10; `None` for more, or for bits beyond the 64th.
pub(crate) fn decode(mut next: impl FnMut() -> Option<u8>) -> Option<i64> {
    let mut value: u64 = 0;
    for shift in (0..64).step_by(7) {
        let byte = next()?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
    None
}

/// Appends a number in its shortest form.
pub(crate) fn put(buffer: &mut Vec<u8>, value: i64) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        buffer.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    buffer.push(rest as u8);
}

/// How many bytes [`put`] takes.
pub(crate) fn size(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_read_back(value: i64) {
            let mut buffer = Vec::new();
            put(&mut buffer, value);
            prop_assert_eq!(buffer.len(), size(value));
            let mut reader = Reader::new(&buffer);
            prop_assert_eq!(reader.varlong(), Some(value));
            prop_assert!(reader.is_empty());
        }
    }

    #[test]
    fn numbers_too_long_are_refused() {
        assert_eq!(Reader::new(&[0xff; 11]).varlong(), None);
        assert_eq!(Reader::new(&[0xff; 3]).varlong(), None);
        assert_eq!(
            Reader::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).varint(),
            None
        );
    }
}
