//! OCIDs: the names that the cloud gives to resources.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A new OCID for a resource of this type, in the region `local`.
pub fn new(kind: &str) -> String {
    let mut id = format!("ocid1.{kind}.oc1.local.ama");
    for _ in 0..2 {
        let random = Uuid::new_v4().as_u128();
        id.extend((0..25).map(|place| letter(random >> (5 * place))));
    }
    id
}

fn letter(bits: u128) -> char {
    let index = (bits & 31) as usize;
    ALPHABET.get(index).map_or('a', |byte| char::from(*byte))
}

/// Whether a value is an OCID rather than a name.
pub fn is_ocid(value: &str) -> bool {
    value.starts_with("ocid1.")
}

/// The region that an OCID names; none where it names none.
pub(super) fn region(ocid: &str) -> Option<&str> {
    ocid.split('.').nth(3).filter(|region| !region.is_empty())
}

/// A new etag in the form that Streaming has: two UUIDs, with double quotes that belong to it.
pub(super) fn new_etag() -> String {
    format!("\"{}-{}\"", Uuid::new_v4(), Uuid::new_v4())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ocids_differ_and_have_the_form() {
        let one = new("stream");
        assert!(one.starts_with("ocid1.stream.oc1.local.ama"), "{one}");
        assert_eq!(one.len(), "ocid1.stream.oc1.local.ama".len() + 50);
        assert_ne!(one, new("stream"));
        assert!(is_ocid(&one) && !is_ocid("orders"));
        assert_eq!(region(&one), Some("local"));
        assert_eq!(region("ocid1.tenancy.oc1..aaa"), None);
    }
}
