// Share a function with other scripts
//
// Names that a script puts on this at its top level are seen by all scripts of the process. Load this beside a script
// that calls peerName(data.src).
//
//     remora run examples/share-a-function.js examples/log-item.js --items items.jsonl --once

// @ts-ignore (editors take each script for a module, in which this is nothing)
this.peerName = function (peer) {
  return peer.namespace ? peer.namespace + "/" + peer.name : peer.name || peer.ip;
};
