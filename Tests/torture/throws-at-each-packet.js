// throws-at-each-packet
// expects: (hook=onPacketCaptured) Error: packet
function onPacketCaptured(info) { throw new Error("packet of " + info.length); }
