/// Where packets were captured: an interface block of a pcapng file, or a live interface.
package struct CaptureInterface: Hashable, Sendable {
    /// Its name, as `eth0`; empty if the file does not say.
    package var name: String
    /// How its packets begin.
    package var linkType: LinkType
    /// The most bytes that were kept of a packet; 0 for no limit.
    package var snapLength: UInt32

    /// Describes an interface.
    package init(name: String, linkType: LinkType, snapLength: UInt32 = 0) {
        self.name = name
        self.linkType = linkType
        self.snapLength = snapLength
    }
}
