// Uses a function of another script
function onItemCaptured(data) {
  if (data.protocol.name === "redis") console.log(peerName(data.src));
}
