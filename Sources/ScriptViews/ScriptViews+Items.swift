extension ScriptViews {
    /// Items with Go's names. `Go=json`; without `=` the JSON name begins with a small letter.
    static let items = #"""
        function aliases(text) {
            const prototype = create(plain);
            for (const word of text.split(" ")) {
                const at = word.indexOf("=");
                const go = at < 0 ? word : word.slice(0, at);
                const json = at < 0 ? go.charAt(0).toLowerCase() + go.slice(1) : word.slice(at + 1);
                defineProperty(prototype, go, {
                    get() { return this[json]; }, set(value) { this[json] = value; },
                    enumerable: false, configurable: true,
                });
            }
            return prototype;
        }
        const itemNames = aliases("Id ID=id Index Stream Worker Node Protocol Tls TLS=tls Source=src Destination=dst "
            + "Timestamp StartTime Request Response RequestSize ResponseSize Size ElapsedTime Passed Failed Error EntryFile "
            + "Record Event Data Capture Checksums Duplicate Base Namespace Outgoing PcapFile");
        const nodeNames = aliases("IP=ip Name");
        const protocolNames = aliases("Name Version Abbreviation=abbr Abbr LongName Macro BackgroundColor ForegroundColor "
            + "FontSize ReferenceLink Ports Layer4 Layer3 Priority");
        const peerNames = aliases("IP=ip Port Name Namespace Pod EndpointSlice Service CgroupId CgroupID=cgroupId ContainerId "
            + "ContainerID=containerId SocketId SocketID=socketId ProcessId ProcessID=processId ParentProcessId "
            + "ParentProcessID=parentProcessId HostProcessId HostProcessID=hostProcessId HostParentProcessId "
            + "HostParentProcessID=hostParentProcessId ProcessName ProcessPath CpuUsage CPUUsage=cpuUsage MemoryUsage "
            + "ResolutionMechanism");
        const errorNames = aliases("Type Message=msg Msg");
        const eventNames = aliases("Source Type Data");
        const captureNames = aliases("Backend Source Proxy Vlan VLAN=vlan");
        const baseNames = aliases("Id ID=id Stream Worker Protocol=proto Proto Tls TLS=tls Summary SummaryQuery Status "
            + "StatusQuery Method MethodQuery Timestamp Source=src Src Destination=dst Dst RequestSize ResponseSize "
            + "ElapsedTime Passed Failed Error Record Event Capture Checksums Duplicate Size");

        function dress(object, names) { if (isObject(object)) setPrototypeOf(object, names); }
        function dressPeer(peer) {
            if (!isObject(peer)) return;
            setPrototypeOf(peer, peerNames);
            dressKubernetes(peer.pod);
            dressKubernetes(peer.service);
            dressKubernetes(peer.endpointSlice);
        }
        function dressCommon(data, names) {
            setPrototypeOf(data, names);
            dressPeer(data.src);
            dressPeer(data.dst);
            dress(data.error, errorNames);
            dress(data.event, eventNames);
            dress(data.capture, captureNames);
        }
        function dressItem(data) {
            if (!isObject(data) || isArray(data)) return;
            dressCommon(data, itemNames);
            dress(data.protocol, protocolNames);
            dress(data.node, nodeNames);
            if (!isObject(data.base)) return;
            dressCommon(data.base, baseNames);
            dress(data.base.proto, protocolNames);
        }

        """#
}
