//! Which IP addresses are on the public internet, and so may be fetched from.
//!
//! Whatever a caller can make the server connect to, the caller can reach with the
//! server's rights: the database next door, a router's page, the cloud's metadata
//! service. Only globally reachable unicast addresses pass; what the registries
//! call special is refused even where part of it may be reachable.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 blocks that are not public, as (network, prefix length).
///
/// Source: IANA IPv4 Special-Purpose Address Registry, and the registry of
/// multicast and reserved space (RFC 5771, RFC 1112).
const REFUSED_V4: [(Ipv4Addr, u32); 18] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // this network, RFC 791
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // shared behind carrier NAT, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback, RFC 1122
    (Ipv4Addr::new(168, 63, 129, 16), 32), // the host service of a large cloud, on a public number
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local and cloud metadata, RFC 3927
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation, RFC 5737
    (Ipv4Addr::new(192, 31, 196, 0), 24),  // AS112, RFC 7535
    (Ipv4Addr::new(192, 52, 193, 0), 24),  // AMT, RFC 7450
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private, RFC 1918
    (Ipv4Addr::new(192, 175, 48, 0), 24),  // AS112, RFC 7534
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation, RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 3),      // multicast, reserved and broadcast, RFC 5771, RFC 1112
];

/// IPv6 blocks inside global unicast (2000::/3) that are not public all the same.
///
/// Source: IANA IPv6 Special-Purpose Address Registry.
const REFUSED_V6: [(Ipv6Addr, u32); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, ORCHID, benchmarks
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation, RFC 3849
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: an IPv4 address in disguise, RFC 3056
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112, RFC 7534
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation, RFC 9637
];

/// Whether `address` is an ordinary address of the public internet.
///
/// IPv4 addresses inside IPv6 ones (mapped `::ffff:`, compatible `::`, NAT64
/// `64:ff9b::`, 6to4 `2002:`, Teredo) are refused as such, whatever they hold:
/// a public IPv4 host can be named by its IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !REFUSED_V4.iter().any(|(network, length)| in_v4(address, *network, *length)),
        IpAddr::V6(address) => {
            // Global unicast is 2000::/3 (RFC 4291, IANA); all else is loopback, local, multicast,
            // embedded IPv4 or unassigned.
            let global_unicast = address.segments()[0] >> 13 == 1;
            global_unicast && !REFUSED_V6.iter().any(|(network, length)| in_v6(address, *network, *length))
        }
    }
}

fn in_v4(address: Ipv4Addr, network: Ipv4Addr, length: u32) -> bool {
    let mask = u32::MAX << (32 - length);
    u32::from(address) & mask == u32::from(network)
}

fn in_v6(address: Ipv6Addr, network: Ipv6Addr, length: u32) -> bool {
    let mask = u128::MAX << (128 - length);
    u128::from(address) & mask == u128::from(network)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(addresses: &[&str], expected: bool) {
        for text in addresses {
            assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn ordinary_addresses_pass() {
        check(
            &[
                "1.1.1.1",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "223.255.255.255",
            ],
            true,
        );
        check(&["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2001:200::1", "3ffe::1"], true);
    }

    #[test]
    fn special_ipv4_addresses_are_refused() {
        check(
            &[
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.100.100.200",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "168.63.129.16",
                "169.254.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.192",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.0.1",
                "192.168.255.255",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.1",
                "203.0.113.1",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
            ],
            false,
        );
    }

    #[test]
    fn special_ipv6_addresses_are_refused() {
        check(
            &[
                "::",                     // unspecified
                "::1",                    // loopback
                "::7f00:1",               // IPv4-compatible 127.0.0.1
                "::ffff:127.0.0.1",       // IPv4-mapped
                "::ffff:169.254.169.254", // IPv4-mapped metadata
                "::ffff:8.8.8.8",         // IPv4-mapped, refused though public
                "::ffff:0:10.0.0.1",      // IPv4-translated, RFC 2765
                "64:ff9b::a9fe:a9fe",     // NAT64 of 169.254.169.254
                "64:ff9b:1::1",           // local NAT64, RFC 8215
                "100::1",                 // discard only, RFC 6666
                "2001::1",                // Teredo
                "2001:10::1",             // ORCHID
                "2001:20::1",             // ORCHIDv2
                "2001:db8::1",            // documentation
                "2002:7f00:1::",          // 6to4 of 127.0.0.1
                "2002:a9fe:a9fe::1",      // 6to4 of 169.254.169.254
                "2620:4f:8000::1",        // AS112
                "3fff::1",                // documentation
                "4000::1",                // unassigned
                "5f00::1",                // segment routing
                "fc00::1",                // unique local
                "fd00:ec2::254",          // unique local, a cloud's metadata
                "fe80::1",                // link-local
                "fe80::a9fe:a9fe",        // link-local
                "fec0::1",                // site-local, retired
                "ff02::1",                // multicast
                "ffff::1",                // reserved
            ],
            false,
        );
    }

    proptest! {
        #[test]
        fn no_ipv4_address_becomes_public_by_being_embedded(bits: u32) {
            let inner = Ipv4Addr::from(bits);
            prop_assert!(!is_public(inner.to_ipv6_mapped().into()));
            prop_assert!(!is_public(inner.to_ipv6_compatible().into()));
        }
    }
}
