/// The registered names of DNS parameters (iana.org/assignments/dns-parameters).
enum DNSNames {
    static func type(_ code: Int) -> String {
        types[code] ?? "TYPE\(code)"
    }

    private static let types: [Int: String] = [
        1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS",
        12: "PTR", 13: "HINFO", 14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 24: "SIG", 25: "KEY",
        28: "AAAA", 29: "LOC", 32: "NB", 33: "SRV", 35: "NAPTR", 36: "KX", 37: "CERT", 39: "DNAME", 41: "OPT",
        42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID",
        50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP", 59: "CDS", 60: "CDNSKEY",
        61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 99: "SPF", 108: "EUI48", 109: "EUI64",
        249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI",
        257: "CAA",
    ]

    static func classCode(_ code: Int) -> String {
        // The top bit means "unicast answer" or "flush the cache" in multicast DNS.
        switch code & 0x7fff {
        case 1: "IN"
        case 3: "CH"
        case 4: "HS"
        case 254: "NONE"
        case 255: "ANY"
        default: "CLASS\(code)"
        }
    }

    static func operation(_ code: Int) -> String {
        switch code {
        case 0: "Query"
        case 1: "Inverse Query"
        case 2: "Status"
        case 4: "Notify"
        case 5: "Update"
        case 6: "Stateful Operations"
        default: "Unknown (\(code))"
        }
    }

    static func responseCode(_ code: Int) -> String {
        switch code {
        case 0: "No Error"
        case 1: "Format Error"
        case 2: "Server Failure"
        case 3: "Non-Existent Domain"
        case 4: "Not Implemented"
        case 5: "Query Refused"
        case 6: "Name Exists when it should not"
        case 7: "RR Set Exists when it should not"
        case 8: "RR Set that should exist does not"
        case 9: "Server Not Authoritative for zone"
        case 10: "Name not contained in zone"
        case 16: "Bad OPT Version"
        case 23: "Bad/missing Server Cookie"
        default: "Unknown (\(code))"
        }
    }
}
