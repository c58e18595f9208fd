//! Which network addresses may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses a request may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// All.
    All,
    /// Those of this machine.
    Loopback,
    /// Those of the public internet.
    Public,
}

impl Allowed {
    pub(super) fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::Loopback => address.to_canonical().is_loopback(),
            Self::Public => is_public(address),
        }
    }

    /// Why an address is refused.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::All => "the name has no address",
            Self::Loopback => {
                "plain http:// is for this machine only: use https://, or give --allow-http"
            }
            Self::Public => {
                "the address is of a private network, which --deny-private-networks refuses"
            }
        }
    }
}

/// Whether an address belongs to the public internet. Source: IANA's registries of special addresses.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        || first >= 240
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && (18..20).contains(&second));
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    // Addresses that lead to an IPv4 address are as that is: NAT64 and 6to4.
    let octets = address.octets();
    let embedded = match (first, second) {
        (0x64, 0xff9b) => octets.last_chunk::<4>().copied(),
        (0x2002, _) => octets.get(2..6).and_then(|four| four.try_into().ok()),
        _ => None,
    };
    if let Some(four) = embedded {
        return is_public_v4(Ipv4Addr::from(four));
    }
    // Only 2000::/3 is given out; of that, 2001::/23 is for protocols and 2001:db8::/32 for documents.
    let given_out = first & 0xe000 == 0x2000;
    let for_protocols = first == 0x2001 && second < 0x200;
    let for_documents = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && third < 0x1000);
    given_out && !for_protocols && !for_documents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        let public = ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"];
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
        ];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in private {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn loopback_is_this_machine() {
        for text in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(Allowed::Loopback.includes(text.parse().unwrap()), "{text}");
        }
        assert!(!Allowed::Loopback.includes("10.0.0.1".parse().unwrap()));
    }
}
