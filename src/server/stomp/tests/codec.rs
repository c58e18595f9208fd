//! Bytes to frames and back.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::decoder::FrameError;
use super::super::frame::{Command, Frame};
use super::super::version::Version;
use super::{LIMITS, frame, frames, frames_in_pieces};

fn error(version: Option<Version>, text: &str) -> FrameError {
    let (frames, error) = frames(version, text.as_bytes());
    assert!(frames.is_empty(), "{text:?}");
    error.unwrap_or_else(|| panic!("{text:?} is taken"))
}

#[test]
fn a_frame_is_taken_apart() {
    let sent = frame(
        Some(Version::V1_2),
        "\n\r\nSEND\r\ndestination:a\\cb\ndestination:c\n\r\nhello\nthere\0\n",
    );
    assert_eq!(sent.command, Command::Send);
    assert_eq!(sent.header("destination"), Some("a:b"), "the first counts");
    assert_eq!(&sent.body[..], b"hello\nthere");
    let sent = frame(Some(Version::V1_1), "SEND\ncontent-length:3\n\na\0b\0");
    assert_eq!(&sent.body[..], b"a\0b");
    // Blanks are part of a value, and a carriage return is before 1.2.
    let sent = frame(Some(Version::V1_1), "SEND\na: b \r\n\n\0");
    assert_eq!(sent.header("a"), Some(" b \r"));
    // The frames that make the connection have no escapes.
    let made = frame(None, "CONNECT\r\nlogin:a\\cb:c\r\n\r\n\0");
    assert_eq!(made.header("login"), Some("a\\cb:c"));
}

#[test]
fn what_is_no_frame_is_told() {
    let v1_2 = Some(Version::V1_2);
    for (text, told) in [
        ("GET / HTTP/1.1\r\n\r\n", "\"GET / HTTP/1.1\" is no command"),
        ("send\n\n\0", "\"send\" is no command"),
        ("\u{16}\u{3}\u{1}aaaaaaaaaaaaaaaaaaaa", "is no command"),
        ("SEND\nabc\n\n\0", "header 1 is not of the form"),
        ("SEND\na:b\n:b\n\n\0", "header 2 is not of the form"),
        ("SEND\na:\\t\n\n\0", "header 1 has an escape"),
        ("SEND\na:b\0", "ends among its headers"),
        ("SEND\ncontent-length:-1\n\n\0", "\"-1\""),
        ("SEND\ncontent-length:\n\n\0", "no number"),
        ("SEND\ncontent-length:99999999999999999999\n\n", "no number"),
        ("SEND\ncontent-length:257\n\n", "at most 256 bytes"),
        ("SEND\ncontent-length:1\n\nab\0", "no NUL"),
        ("ACK\nid:1\n\nbody", "ACK has no body"),
        ("ACK\ncontent-length:1\n\n", "ACK has no body"),
    ] {
        let error = error(v1_2, text).to_string();
        assert!(error.contains(told), "{text:?}: {error}");
    }
    assert_eq!(
        error(Some(Version::V1_1), "SEND\na:\\r\n\n\0").to_string(),
        "header 1 has an escape that STOMP 1.1 does not know"
    );
    assert!(matches!(
        error(Some(Version::V1_0), "SEND\r\n\r\n\0"),
        FrameError::UnknownCommand(_)
    ));
    let not_text = frames(v1_2, b"SEND\na:\xff\n\n\0").1;
    assert_eq!(not_text, Some(FrameError::NotText));
}

#[test]
fn limits_hold_before_a_frame_is_whole() {
    let v1_2 = Some(Version::V1_2);
    let long = "x".repeat(LIMITS.head_bytes);
    let too_long = FrameError::HeadTooLong {
        limit: LIMITS.head_bytes,
    };
    assert_eq!(error(v1_2, &format!("SEND\na:{long}")), too_long);
    assert_eq!(error(v1_2, &format!("SEND\na:{long}\n\n\0")), too_long);
    let many = "a:b\n".repeat(65);
    assert_eq!(
        error(v1_2, &format!("SEND\n{many}\n\0")),
        FrameError::TooManyHeaders
    );
    let too_long = FrameError::BodyTooLong {
        limit: LIMITS.body_bytes,
    };
    let long = "x".repeat(LIMITS.body_bytes + 1);
    assert_eq!(error(v1_2, &format!("SEND\n\n{long}")), too_long);
    let most = &long[1..];
    assert_eq!(frame(v1_2, &format!("SEND\n\n{most}\0")).body, most);
}

#[test]
fn a_line_end_may_be_cut_in_two() {
    let (found, error) = frames_in_pieces(
        Some(Version::V1_2),
        [
            &b"\r"[..],
            b"\n\r",
            b"\nACK\r",
            b"\nid:1\r",
            b"\n\r",
            b"\n",
            b"\0\r",
        ],
    );
    assert_eq!((found.len(), error), (1, None));
    assert_eq!(found[0].header("id"), Some("1"));
}

/// A text that a header can hold under these rules.
fn text(rules: Version, is_name: bool) -> impl Strategy<Value = String> {
    let some = if is_name { 1 } else { 0 };
    let letters = select(vec![
        'a', 'Z', '7', ' ', '\\', ':', '\n', '\r', 'c', 'é', '語',
    ]);
    vec(letters, some..10).prop_map(move |letters| {
        let mut text: String = letters.into_iter().collect();
        match rules {
            Version::V1_0 if is_name => text.retain(|one| !":\n\r".contains(one)),
            Version::V1_0 => text.retain(|one| !"\n\r".contains(one)),
            Version::V1_1 | Version::V1_2 => {}
        }
        if is_name && text.is_empty() {
            text.push('x');
        }
        text
    })
}

fn any_frame(version: Version) -> impl Strategy<Value = Frame> {
    let bodies = (vec(any::<u8>(), 0..40), any::<bool>());
    let body_of = move |command: Command| {
        let rules = command.rules(version);
        let headers = vec((text(rules, true), text(rules, false)), 0..5);
        (headers, bodies.clone()).prop_map(move |(headers, (mut body, is_measured))| {
            let mut frame = Frame::new(command);
            frame.headers = headers;
            if !command.has_body() {
                return frame;
            }
            if is_measured {
                return frame.with_body(body);
            }
            body.retain(|byte| *byte != 0);
            frame.body = Bytes::from(body);
            frame
        })
    };
    select(Command::ALL.to_vec()).prop_flat_map(body_of)
}

fn version() -> impl Strategy<Value = Version> {
    select(Version::ALL.to_vec())
}

/// Cuts bytes at some places.
fn cut<'b>(bytes: &'b [u8], cuts: &[usize]) -> Vec<&'b [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|window| &bytes[window[0]..window[1]])
        .collect()
}

/// Bytes that look like frames in places.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let parts: Vec<&'static [u8]> = vec![
        b"SEND\n",
        b"ACK\n",
        b"CONNECT\r\n",
        b"MESSAGE\n",
        b"NONSENSE\n",
        b"\n",
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\0",
        b"\n\n\0",
        b":",
        b"\\",
        b"\\n",
        b"\\t",
        b"a:b\n",
        b"id:1\n",
        b"receipt:r\n",
        b"content-length:3\n",
        b"content-length:300\n",
        b"content-length:18446744073709551615\n",
        b"content-length:x\n",
        b"abc",
        b"abc\0",
        b"\xff\xfe",
        b"a:\xc3\n",
    ];
    let part = prop_oneof![
        6 => select(parts).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..8),
        1 => (any::<u8>(), 0_usize..400).prop_map(|(byte, count)| vec![byte; count]),
    ];
    vec(part, 0..40).prop_map(|parts| parts.concat())
}

/// Random numbers that are the same each time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end
    }
}

#[test]
fn a_million_hostile_frames_do_no_harm() {
    const FRAMES: usize = 1_000_000;
    let good = [
        &b"SEND\r\ndestination:ocid1.queue.a/b\nreceipt:a\\cb\ncontent-length:3\n\na\0b\0"[..],
        b"SEND\ndestination:q\n\nhello\0\n",
        b"SUBSCRIBE\nid:1\ndestination:q\nack:client-individual\n\n\0",
        b"ACK\nid:abc\n\n\0\r\n\n",
    ];
    let mut random = Random(7);
    let mut decoded = 0;
    for number in 0..FRAMES {
        let mut bytes = good[number % good.len()].to_vec();
        let place = random.below(bytes.len());
        match number / good.len() % 4 {
            0 => bytes[place] ^= 1 << random.below(8),
            1 => bytes.truncate(place),
            2 => bytes
                .splice(place..place, [random.next() as u8; 3])
                .for_each(drop),
            _ => bytes
                .iter_mut()
                .skip(place)
                .for_each(|byte| *byte = random.next() as u8),
        }
        decoded += frames(Some(Version::V1_2), &bytes).0.len();
    }
    assert!(decoded > FRAMES / 10, "only {decoded} were frames");
}

proptest! {
    #[test]
    fn frames_come_back_as_they_were(
        (version, sent) in version().prop_flat_map(|version| {
            (Just(version), vec(any_frame(version), 0..25))
        }),
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let mut bytes = Vec::new();
        for frame in &sent {
            bytes.extend_from_slice(&frame.encode(version));
            // Heart-beats.
            bytes.extend(std::iter::repeat_n(b'\n', bytes.len() % 3));
        }
        let (found, error) = frames_in_pieces(Some(version), cut(&bytes, &cuts));
        prop_assert_eq!(error, None);
        prop_assert!(found == sent, "{:?} came back as {:?}", sent, found);
    }

    #[test]
    fn whatever_comes_is_a_frame_or_an_error(
        version in proptest::option::of(version()),
        bytes in hostile(),
        cuts in vec(any::<usize>(), 0..12),
    ) {
        // In pieces no larger than what is kept, so that what is kept is known.
        let whole: Vec<&[u8]> = bytes.chunks(200).collect();
        let (found, error) = frames_in_pieces(version, whole);
        let pieces = cut(&bytes, &cuts);
        let pieces = pieces.iter().flat_map(|piece| piece.chunks(200));
        let (found_in_pieces, error_in_pieces) = frames_in_pieces(version, pieces);
        prop_assert!(found == found_in_pieces);
        prop_assert_eq!(error.is_some(), error_in_pieces.is_some());
    }
}
