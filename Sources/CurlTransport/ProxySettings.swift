/// By which way requests leave this machine.
public enum ProxySettings: Sendable, Hashable {
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (and their lower-case forms) say.
    case environment
    /// Through this proxy, whatever the environment says: `http://`, `https://` or `socks5://` and an address.
    case url(String)
    /// Straight to the server, whatever the environment says.
    case none
}
