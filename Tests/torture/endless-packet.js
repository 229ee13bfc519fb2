// endless-packet
// expects: (hook=onPacketCaptured) stopped after computing for
function onPacketCaptured(info) { if (info.length === 777) for (;;) {} }
